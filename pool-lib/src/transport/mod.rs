//! How requests and replies travel between the pool and one worker: a socket, and one word of shared memory that says
//! which task the worker has claimed.
//!
//! Must not know queues: a link carries what it is given, in order. Nothing here is shared
//! between two workers.

mod claim;
mod socket;

pub(crate) use claim::{Claim, Refusal, next};
pub(crate) use socket::{Link, WorkerLink};
