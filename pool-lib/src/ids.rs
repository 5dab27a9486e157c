//! Names for the things a pool counts: calls, tasks and workers.
//!
//! Must not know what any of them does: this module is only numbers with types.

use std::fmt;

use serde::{Deserialize, Serialize};

/// One use of a verb: a `map`, an `apply`, an `imap`. Counted from 0 within a pool.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct CallId(pub u64);

/// One item of one call. `index` is the item's place in the input, counted from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct TaskId {
    /// The call that the task belongs to.
    pub call: CallId,
    /// The task's place in the call's input.
    pub index: u64,
}

/// One worker process: the `generation`-th to hold a place among the pool's `processes`.
///
/// A worker that dies or is recycled is followed by another with the same `slot` and the next
/// `generation`, so a slot is a lane in a timeline and a `WorkerId` never comes back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct WorkerId {
    /// The place, from 0 to the pool's number of processes.
    pub slot: u32,
    /// How many workers held this place before.
    pub generation: u32,
}

impl fmt::Display for CallId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "call {}", self.0)
    }
}

impl fmt::Display for TaskId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "task {} of {}", self.index, self.call)
    }
}

impl fmt::Display for WorkerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "worker {}.{}", self.slot, self.generation)
    }
}
