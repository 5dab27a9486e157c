//! A simulated worker: what it has, what it does, what it has said.
//!
//! Must not know the machine that it works for.

use std::collections::VecDeque;
use std::time::Duration;

use crate::ids::TaskId;

/// A worker on the other side of an imagined link.
#[derive(Debug, Default)]
pub(super) struct SimWorker {
    pub(super) up: bool,
    /// Sent, and neither begun nor taken back.
    pub(super) queue: VecDeque<TaskId>,
    /// Begun, and when; the claim.
    pub(super) running: Option<(TaskId, Duration)>,
    /// The result of what is running has left; the claim is still held.
    pub(super) written: bool,
    /// Said, and not yet known to the pool.
    pub(super) outbox: VecDeque<News>,
    /// The last result that the pool has received.
    pub(super) delivered: Option<TaskId>,
    /// Told to end after its queue.
    pub(super) leaving: bool,
    /// Will never do anything again.
    pub(super) frozen: bool,
    pub(super) killed: bool,
    /// Does nothing at the moment, between two tasks or in one.
    pub(super) stopped: bool,
    /// What was taken back from it lies in its link, for it to pass over.
    pub(super) skips: bool,
    /// In a task that does not end by itself.
    pub(super) stuck: bool,
    pub(super) begun: u64,
    /// How much memory its tasks have left behind.
    pub(super) size: u64,
}

/// What comes back from a simulated task: its index, and whether it returned.
pub(super) type Output = (u64, bool);

/// What a worker says.
#[derive(Debug)]
pub(super) enum News {
    Stirs,
    Started { task: TaskId, at: Duration },
    Grown { bytes: u64 },
    Finished { task: TaskId, returned: bool, took: Duration },
}

impl SimWorker {
    /// Whether it has nothing to do, as far as the pool can tell.
    pub(super) fn is_free(&self) -> bool {
        self.queue.is_empty() && (self.running.is_none() || self.written)
    }

    /// Gives back what it has not begun; nothing, if it has begun `unless`.
    pub(super) fn give_back(&mut self, unless: Option<TaskId>) -> Vec<TaskId> {
        if unless.is_some_and(|task| !self.queue.contains(&task)) {
            return Vec::new();
        }
        self.skips |= !self.queue.is_empty();
        std::mem::take(&mut self.queue).into()
    }

    pub(super) fn has_something_to_read(&self) -> bool {
        self.skips || !self.queue.is_empty()
    }

    /// Whether it has said something that the pool does not know yet.
    pub(super) fn has_unheard_news(&self) -> bool {
        !self.outbox.is_empty()
    }

    pub(super) fn is_done(&self) -> bool {
        self.running.is_none() && self.queue.is_empty() && self.outbox.is_empty()
    }
}
