//! How requests and replies travel between the pool and one worker, and the word by which both agree what it runs.
//!
//! Bytes go through rings in shared memory, or over the worker's socket where such memory cannot be had; the socket also
//! wakes whoever sleeps, carries descriptors, and by its end tells that the other side is gone.
//!
//! Must not know queues: a link carries what it is given, in order. Nothing here is shared
//! between two workers.

mod claim;
mod lane;
mod ring;
mod socket;
mod parcels;
mod link;
#[cfg(any(test, fuzzing))]
pub(crate) mod probe;
mod worker_link;

pub(crate) use claim::{Claim, FAR, Refusal, distance, earlier, next, next_after};
pub(crate) use link::{Hear, Link, Transport};
pub(crate) use parcels::Parcels;
pub(crate) use ring::Shared;
#[cfg(test)]
pub(crate) use worker_link::unruly::Unruly;
pub(crate) use worker_link::{NewLink, Outgoing, Serve};
