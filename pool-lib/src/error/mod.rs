//! What can go wrong, as values: with one task ([`TaskError`]) and with building a pool ([`BuildError`]).
//!
//! Must not know how an error came about: nothing here talks to a process.

mod advice;
mod build;
mod exit;
mod panic;
mod task;

pub(crate) use advice::{naming, with_advice};
pub use build::BuildError;
pub(crate) use build::StartFailure;
pub use exit::WorkerExit;
pub use panic::RemotePanic;
pub use task::{Started, TaskError, TaskErrorKind};
