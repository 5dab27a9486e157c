//! The pages of the books: what is known of one task, one call, one worker.
//!
//! Must not know the others.

use std::time::Duration;

use super::super::input::{CallSpec, Limits};
use crate::error::TaskErrorKind;
use crate::ids::{TaskId, WorkerId};

#[derive(Debug, Default)]
pub(super) struct TaskBook {
    pub(super) place: Place,
    /// How often it began.
    pub(super) begun: u32,
    /// When it last did.
    pub(super) begun_at: Duration,
    /// How each attempt ended that had no result; `None` where two reasons came together.
    pub(super) ends: Vec<Option<TaskErrorKind>>,
    /// Deaths of workers that had it next and had not begun it.
    pub(super) strikes: u32,
    pub(super) sent_before: bool,
    /// Why it was never accepted.
    pub(super) refused: Option<TaskErrorKind>,
    /// With which event it last came back, and where it stood then.
    pub(super) came_back: (u64, usize),
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Place {
    #[default]
    Waiting,
    With(WorkerId),
    /// The machine has to say at once what becomes of it.
    Pending,
    Done,
}

#[derive(Debug, Default)]
pub(super) struct CallBook {
    pub(super) spec: CallSpec,
    pub(super) tasks: Vec<TaskBook>,
    /// Opened when the pool took no more calls.
    pub(super) late: bool,
    pub(super) sealed: bool,
    pub(super) ended: bool,
    /// Whether cancelled, and whether together with what runs.
    pub(super) cancelled: Option<bool>,
    /// Waiting tasks that were never sent, and those that came back.
    pub(super) fresh: u64,
    pub(super) back: u64,
    pub(super) done: u64,
    /// The shortest and the longest time that was told of a task, where tasks ended together as a mean.
    pub(super) least_took: Option<Duration>,
    pub(super) most_took: Option<Duration>,
    pub(super) waiting_since: u64,
    pub(super) last_served: u64,
}

#[derive(Debug)]
pub(super) struct WorkerBook {
    pub(super) id: WorkerId,
    pub(super) up: bool,
    /// Told to end, or killed.
    pub(super) leaving: bool,
    pub(super) retired_at: Option<Duration>,
    /// Tasks that it was sent and that have no end yet, in order.
    pub(super) has: Vec<TaskId>,
    /// Whether those are a chunk of a chosen size.
    pub(super) fixed: bool,
    /// Killed in this task, and why; `None` when there were two reasons.
    pub(super) condemned: Option<(TaskId, Option<TaskErrorKind>)>,
    pub(super) started: Option<(TaskId, Duration)>,
    /// By when it must have said that it has begun what is first.
    pub(super) begin_by: Option<Duration>,
    /// When it last ended a task, or was given one while it had none.
    pub(super) got_on: Duration,
    /// How often all that it had was taken back since it last did anything.
    pub(super) vain: u32,
    /// Since when it is known to do nothing.
    pub(super) absent_since: Option<Duration>,
    pub(super) spared: bool,
    /// Asked for whatever it has when it had nothing to give, and nothing has changed since.
    pub(super) asked_in_vain: bool,
    /// Asked for what it has only if it has begun nothing of it.
    pub(super) asked_on_condition: bool,
    pub(super) taken: u64,
    pub(super) overgrown: bool,
    pub(super) useful: bool,
}

impl CallBook {
    /// A task of it has failed.
    pub(super) fn fail(&mut self) {
        if self.spec.fail_fast {
            self.cancelled.get_or_insert(true);
        }
    }

    /// Whether its chunks are to stay whole: those of one cannot come apart.
    pub(super) fn is_fixed(&self) -> bool {
        self.spec.chunk.is_some_and(|tasks| tasks > 1)
    }

    /// Whether no more tasks of it may start.
    pub(super) fn is_called_off(&self) -> bool {
        self.cancelled.is_some()
    }

    /// Whether those that run are to be killed as well.
    pub(super) fn is_called_off_at_once(&self) -> bool {
        self.cancelled == Some(true)
    }

    /// Whether a chunk of it may go out that is not whole: no more can join it.
    pub(super) fn may_be_parted(&self) -> bool {
        let fresh = |task: &TaskBook| task.place == Place::Waiting && !task.sent_before;
        let first = self.tasks.iter().position(fresh).unwrap_or(self.tasks.len());
        self.sealed || (self.tasks.len() - first) as u64 > self.fresh
    }

    /// Whether a worker that has nothing could have a task of it.
    pub(super) fn can_be_served(&self) -> bool {
        let whole = match self.spec.chunk {
            None => self.fresh > 0,
            Some(chunk) => self.fresh >= u64::from(chunk) || self.may_be_parted() && self.fresh > 0,
        };
        !self.is_called_off() && (self.back > 0 || whole)
    }
}

impl WorkerBook {
    pub(super) fn new(id: WorkerId) -> Self {
        Self {
            id,
            up: false,
            leaving: false,
            retired_at: None,
            has: Vec::new(),
            fixed: false,
            condemned: None,
            started: None,
            begin_by: None,
            got_on: Duration::ZERO,
            vain: 0,
            absent_since: None,
            spared: false,
            asked_in_vain: false,
            asked_on_condition: false,
            taken: 0,
            overgrown: false,
            useful: false,
        }
    }

    /// Whether it may be given tasks.
    pub(super) fn takes_tasks(&self, limits: Limits) -> bool {
        let spent = limits.tasks_per_worker.is_some_and(|limit| self.taken >= limit);
        let present = self.up && !self.leaving && self.absent_since.is_none();
        present && self.condemned.is_none() && !self.overgrown && !spent
    }
}
