//! The locks and words of what a model checker plays: it puts its own in the place of these (`pool-lib/model`).
//!
//! Must not add anything to them.

pub(crate) use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
pub(crate) use std::sync::{Mutex, MutexGuard, PoisonError};
