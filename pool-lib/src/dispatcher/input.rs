//! What the state machine is told, and what it answers.
//!
//! Must not know how the machine decides. `R` is whatever comes back from a worker; the machine
//! passes it on and never looks inside.

use std::ops::Range;
use std::time::Duration;

use super::hand::Run;
use crate::error::{StartFailure, Started, TaskErrorKind, WorkerExit};
use crate::ids::{CallId, TaskId, WorkerId};

/// What a pool is built with, as far as scheduling goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Limits {
    /// How many workers to keep; at least one.
    pub(crate) processes: u32,
    /// How many tasks a worker takes before it is replaced; at least one.
    pub(crate) tasks_per_worker: Option<u64>,
    /// How much memory of its own a worker may have after a task, in bytes, before it is replaced.
    pub(crate) memory_per_worker: Option<u64>,
}

/// How one call wants its tasks treated.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct CallSpec {
    /// How many tasks go to a worker at once; `None` lets the machine choose.
    pub(crate) chunk: Option<u32>,
    /// How long a task may run.
    pub(crate) timeout: Option<Duration>,
    /// How often a task is tried again after a death or a timeout.
    pub(crate) retries: u32,
    /// Whether the first failure cancels the rest.
    pub(crate) fail_fast: bool,
    /// Whether the consumer sets the pace: closing the pool then ends the input.
    pub(crate) paced: bool,
}

/// One piece of news.
#[derive(Clone, Debug)]
pub(crate) enum Input<R> {
    Open {
        call: CallId,
        spec: CallSpec,
    },
    /// The call has so many more tasks.
    Append {
        call: CallId,
        count: u64,
    },
    /// The call has one more task, which already failed with this.
    Refuse {
        call: CallId,
        kind: TaskErrorKind,
    },
    /// The call will get no more tasks.
    Seal {
        call: CallId,
    },
    /// No more tasks of the call shall start; with `running`, those that run are killed.
    Cancel {
        call: CallId,
        running: bool,
    },
    Close,
    /// Close, and begin no more tasks.
    Drain,
    Terminate,
    WorkerUp {
        worker: WorkerId,
    },
    /// The worker has done something on its side of the link: it runs.
    WorkerStirs {
        worker: WorkerId,
    },
    TaskStarted {
        worker: WorkerId,
        task: TaskId,
        at: Duration,
    },
    /// So many tasks have ended, one after the other: this one, and the following ones of its call.
    TasksFinished {
        worker: WorkerId,
        task: TaskId,
        count: u64,
        /// Whether all of them returned; more than one always did.
        returned: bool,
        /// How long all of them took, as far as it was measured.
        took: Option<Duration>,
        /// What came of all of them.
        output: R,
    },
    /// The answer to [`Command::TakeBack`]: these had not begun.
    TakenBack {
        worker: WorkerId,
        tasks: Vec<TaskId>,
    },
    /// The answer to [`Command::KillIn`] when the task had already ended.
    Spared {
        worker: WorkerId,
        task: TaskId,
    },
    /// The worker has so much memory of its own, in bytes.
    WorkerGrown {
        worker: WorkerId,
        bytes: u64,
    },
    WorkerDown {
        worker: WorkerId,
        exit: WorkerExit,
        claimed: Vec<TaskId>,
        failure: Option<StartFailure>,
    },
    /// Time has passed.
    Tick,
}

/// One thing to do.
#[derive(Clone, Debug)]
pub(crate) enum Command<R> {
    Start {
        worker: WorkerId,
        fruitless: u32,
    },
    /// Each run is one message.
    Send {
        worker: WorkerId,
        runs: Vec<Run>,
    },
    /// Take back what the worker has not begun; nothing, if it has begun the task `unless`.
    TakeBack {
        worker: WorkerId,
        unless: Option<TaskId>,
    },
    /// Kill the worker if it is in this task.
    KillIn {
        worker: WorkerId,
        task: TaskId,
    },
    Kill {
        worker: WorkerId,
    },
    Retire {
        worker: WorkerId,
    },
    /// No more workers will be wanted.
    StopStarting,
    /// A worker could not be started, or has ended before it was ready, against the pool's will.
    StartFailed {
        worker: WorkerId,
        why: StartFailure,
    },
    /// An attempt failed and another will follow.
    Retry {
        task: TaskId,
        worker: WorkerId,
        kind: TaskErrorKind,
    },
    /// A task has its outcome, by way of a worker; if it returned, maybe others behind it as well.
    Complete {
        task: TaskId,
        outcome: Outcome<R>,
    },
    /// These tasks have their outcome without having started.
    Discard {
        call: CallId,
        tasks: Range<u64>,
        kind: TaskErrorKind,
    },
    /// A task that was tried in vain has its outcome without being tried again.
    Abandon {
        task: TaskId,
        kind: TaskErrorKind,
        attempts: u32,
        causes: Vec<TaskErrorKind>,
    },
    /// All tasks of the call have their outcomes, and no more will come.
    Ended {
        call: CallId,
    },
    /// No worker can be started; every task fails from now on.
    Broken {
        /// Of the last worker, for whoever is building the pool.
        why: StartFailure,
        /// For the tasks.
        kind: TaskErrorKind,
    },
    /// No worker is left, and none will come.
    Stopped,
}

/// What became of a task.
#[derive(Clone, Debug)]
pub(crate) enum Outcome<R> {
    /// Its worker said how it ended.
    Finished { output: R, worker: WorkerId, attempts: u32, causes: Vec<TaskErrorKind> },
    /// Its worker could not.
    Failed {
        kind: TaskErrorKind,
        worker: WorkerId,
        attempts: u32,
        started: Started,
        causes: Vec<TaskErrorKind>,
    },
}
