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
    /// That it has begun, if it has not said so.
    pub(super) untold: Option<News>,
    /// The result of what is running has left; the claim is still held.
    pub(super) written: bool,
    /// Said, and not yet known to the pool.
    pub(super) outbox: VecDeque<News>,
    /// The last result that the pool has received.
    pub(super) delivered: Option<TaskId>,
    /// Told to end after its queue.
    pub(super) leaving: bool,
    /// Killed in its task, which does not go on from that moment.
    pub(super) frozen: bool,
    pub(super) killed: bool,
    /// Does nothing until it is let go on.
    pub(super) stopped: bool,
    /// What was taken back from it lies in its link, for it to pass over.
    pub(super) skips: bool,
    /// In a task that does not end by itself.
    pub(super) stuck: bool,
    pub(super) begun: u64,
    /// How much memory its tasks have left behind.
    pub(super) size: u64,
}

/// What comes back from simulated tasks: the index of the first, how many there are, and whether they returned.
pub(super) type Output = (u64, u64, bool);

/// What a worker says.
#[derive(Debug)]
pub(super) enum News {
    Stirs,
    Started {
        task: TaskId,
        at: Duration,
    },
    Grown {
        bytes: u64,
    },
    /// So many tasks have ended, this one and those after it.
    Finished {
        task: TaskId,
        count: u64,
        returned: bool,
        took: Duration,
    },
}

impl SimWorker {
    /// Whether it can do anything of its own accord.
    pub(super) fn acts(&self) -> bool {
        self.up && !self.frozen && !self.stopped && !self.stuck
    }

    /// Gives back what it has not begun; nothing, if it has begun `unless`.
    pub(super) fn give_back(&mut self, unless: Option<TaskId>) -> Vec<TaskId> {
        if unless.is_some_and(|task| !self.queue.contains(&task)) {
            return Vec::new();
        }
        self.skips |= !self.queue.is_empty();
        std::mem::take(&mut self.queue).into()
    }

    pub(super) fn tell_beginning(&mut self) {
        self.outbox.extend(self.untold.take());
    }

    /// Says that its task has ended; together with those before it, if that is how it goes about it.
    pub(super) fn finish(&mut self, task: TaskId, returned: bool, took: Duration, in_rows: bool) {
        if let Some(News::Finished { task: first, count, returned: true, took: sum }) =
            self.outbox.back_mut()
            && (first.call, first.index + *count) == (task.call, task.index)
            && in_rows
            && returned
        {
            *count += 1;
            *sum += took;
            return;
        }
        self.outbox.push_back(News::Grown { bytes: self.size });
        self.outbox.push_back(News::Finished { task, count: 1, returned, took });
    }

    /// Whether it has said something that the pool does not know yet.
    pub(super) fn has_unheard_news(&self) -> bool {
        !self.outbox.is_empty()
    }

    pub(super) fn has_something_to_read(&self) -> bool {
        self.skips || !self.queue.is_empty()
    }

    pub(super) fn is_done(&self) -> bool {
        self.running.is_none() && self.queue.is_empty() && self.outbox.is_empty()
    }
}
