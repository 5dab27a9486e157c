//! One worker, as the state machine sees it.
//!
//! Must not know other workers, or what a worker is made of.

use std::time::Duration;

use super::hand::Hand;
use crate::error::TaskErrorKind;
use crate::ids::{CallId, TaskId};

/// A worker from the moment it is asked for until it is down.
#[derive(Debug, Default)]
pub(super) struct Member {
    pub(super) phase: Phase,
    /// Sent and not ended, in order; the first may be running.
    pub(super) assigned: Hand,
    /// Whether what is assigned is one chunk of a size that the user chose.
    pub(super) fixed: bool,
    /// Whether an answer to a `TakeBack` is due.
    pub(super) returning: bool,
    /// Whether it was asked in vain, and nothing has changed since.
    pub(super) asked_in_vain: bool,
    /// The task in which it is to be killed, and what the task's error will be.
    pub(super) condemned: Option<(TaskId, TaskErrorKind)>,
    /// By when it must have begun the first of its tasks; `None` when it has. It stays when all of them are taken back:
    /// whoever gets tasks again before it has stirred gets no new time for it.
    pub(super) begin_by: Option<Duration>,
    /// When it last got on: ended a task, or was given one while it had none.
    pub(super) got_on: Duration,
    /// How often all that it had was taken back since it last stirred.
    pub(super) vain: u32,
    /// How often in a row it has not begun a task in time, whatever it said.
    pub(super) overdue: u32,
    /// Set when it did not begin a task in time, or was given some in vain too often: it gets no more until it stirs, and
    /// is replaced at this time if it does not.
    pub(super) absent_until: Option<Duration>,
    /// When the running task's time is up.
    pub(super) deadline: Option<Duration>,
    /// When it must have ended after being retired.
    pub(super) retire_by: Option<Duration>,
    /// Tasks that were sent and not taken back.
    pub(super) taken: u64,
    /// Whether it has too much memory, and is to have no more tasks.
    pub(super) overgrown: bool,
    /// Whether it ever began a task.
    pub(super) useful: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Phase {
    /// Asked for, not ready.
    #[default]
    Starting,
    Up,
    /// Told to end.
    Leaving,
}

impl Member {
    /// Whether tasks may be sent to it, up to `limit` in its whole life.
    pub(super) fn takes_tasks(&self, limit: Option<u64>) -> bool {
        self.phase == Phase::Up
            && !self.returning
            && !self.overgrown
            && self.condemned.is_none()
            && self.absent_until.is_none()
            && limit.is_none_or(|limit| self.taken < limit)
    }

    /// The time by which it must have begun a task, if an answer to that question can change anything.
    pub(super) fn must_begin_by(&self) -> Option<Duration> {
        let open = self.phase == Phase::Up && !self.returning && self.condemned.is_none();
        self.begin_by.filter(|_| open && !self.is_idle())
    }

    /// When the machine has to look at it next.
    pub(super) fn next_deadline(&self) -> Option<Duration> {
        let times = [self.deadline, self.retire_by, self.absent_until, self.must_begin_by()];
        times.into_iter().flatten().min()
    }

    pub(super) fn is_idle(&self) -> bool {
        self.assigned.is_empty()
    }

    /// Whether some of what it has can be given to another without breaking up a chosen chunk.
    pub(super) fn can_give_back(&self) -> bool {
        self.phase == Phase::Up
            && !self.returning
            && !self.asked_in_vain
            && !self.fixed
            && self.condemned.is_none()
            && self.assigned.len() > 1
    }

    pub(super) fn has_tasks_of(&self, call: CallId) -> bool {
        self.assigned.has_tasks_of(call)
    }

    /// Whether it has had all the tasks that it may have, and ended them or given them back.
    pub(super) fn is_used_up(&self, limit: Option<u64>) -> bool {
        let enough = self.overgrown || limit.is_some_and(|limit| self.taken >= limit);
        self.phase == Phase::Up && self.is_idle() && !self.returning && enough
    }
}
