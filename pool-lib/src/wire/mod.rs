//! What pool and worker say to each other, and how it looks as bytes.
//!
//! Must not know how the bytes travel, and must take any bytes at all without a panic: a worker
//! that has lost its mind may send anything.

mod frame;
mod lines;
#[cfg(any(test, fuzzing))]
pub(crate) mod probe;
mod reply;
mod request;

pub(crate) use frame::{Decoder, Frame, Header};
pub(crate) use lines::{Line, Lines, Secret};
pub(crate) use reply::{Ended, Reply, WorkerEvent};
pub(crate) use request::{How, Request, RunRequest, Welcome, list, list_len};
