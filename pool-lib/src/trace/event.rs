//! One thing that happened in a pool, and when.
//!
//! Must not know who listens.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::error::WorkerExit;
use crate::ids::{CallId, TaskId, WorkerId};

/// One thing that happened in a pool.
///
/// Events of one worker come in order of time; the start of a task may be reported together with
/// its end, so events of different workers may overtake each other in the stream by up to one
/// task. [`Trace::events`](crate::Trace::events) is sorted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Event {
    /// Time since the pool was built.
    pub at: Duration,
    /// What happened.
    #[serde(flatten)]
    pub kind: EventKind,
}

/// What an [`Event`] tells.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
#[non_exhaustive]
pub enum EventKind {
    /// The pool begins to start this many workers.
    PoolBuilt {
        /// The number of workers that the pool keeps.
        processes: u32,
        /// The name given to the builder.
        name: String,
    },
    /// A worker process exists and has answered; its initializer runs next.
    WorkerStarted {
        /// Which worker.
        worker: WorkerId,
        /// Its process id.
        pid: u32,
    },
    /// A worker takes tasks from now on.
    WorkerReady {
        /// Which worker.
        worker: WorkerId,
    },
    /// A worker could not be started, or ended before it was ready. Its place is tried again, after a pause
    /// that grows with each failure, up to a second.
    WorkerFailed {
        /// Which worker.
        worker: WorkerId,
        /// Why, and what can be done about it.
        why: String,
    },
    /// A worker has more memory to itself than `max_memory_per_worker` allows; it will be replaced.
    WorkerGrown {
        /// Which worker.
        worker: WorkerId,
        /// How much memory it has to itself, in bytes.
        bytes: u64,
    },
    /// A worker process has ended and was reaped.
    WorkerEnded {
        /// Which worker.
        worker: WorkerId,
        /// Its process id, unless it ended before it answered.
        pid: Option<u32>,
        /// How it ended.
        exit: WorkerExit,
    },
    /// A call was made.
    CallOpened {
        /// Which call.
        call: CallId,
        /// The function, as the compiler names it.
        function: String,
    },
    /// Tasks joined the queue of a call.
    TasksSubmitted {
        /// Which call.
        call: CallId,
        /// How many.
        count: u64,
        /// The size of their arguments together, encoded.
        bytes: u64,
    },
    /// A worker began to run a task.
    TaskStarted {
        /// Which task.
        task: TaskId,
        /// Where.
        worker: WorkerId,
    },
    /// An attempt at a task ended in a worker.
    TaskEnded {
        /// Which task.
        task: TaskId,
        /// Where.
        worker: WorkerId,
        /// How.
        ending: Ending,
        /// How long it ran.
        took: Duration,
        /// The size of what came back, encoded.
        bytes: u64,
    },
    /// A worker has printed a line; only with `capture_output`.
    ///
    /// All lines of a task come before its end. Lines of one stream come in the order in which they were
    /// written; between the two streams of a worker there is no order. `at` is when the pool read it.
    Output {
        /// Which worker.
        worker: WorkerId,
        /// In which task; in none before the first task and between two, in an initializer or a
        /// thread that a task has left behind.
        task: Option<TaskId>,
        /// Into what.
        stream: OutputStream,
        /// The line, without its end. What is no UTF-8 is replaced; the first 64 KiB are kept.
        line: String,
    },
    /// Some of what this worker printed is missing here: it printed faster than somebody listened, or
    /// a line was too long.
    OutputCut {
        /// Which worker.
        worker: WorkerId,
        /// How many lines are missing.
        lines: u64,
        /// The size of what is missing, in bytes.
        bytes: u64,
    },
    /// A task goes back to the queue for another attempt after a death or a timeout.
    TaskRetried {
        /// Which task.
        task: TaskId,
    },
    /// These tasks of a call got their outcome without running (again): cancelled, refused or given up.
    TasksDropped {
        /// Which call.
        call: CallId,
        /// How many.
        count: u64,
    },
    /// A call has all its outcomes.
    CallEnded {
        /// Which call.
        call: CallId,
    },
    /// No more tasks are taken.
    PoolClosed,
    /// No worker is left.
    PoolEnded,
}

/// What a process prints into.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OutputStream {
    /// Standard output.
    Stdout,
    /// Standard error.
    Stderr,
}

/// How an attempt at a task ended in its worker.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Ending {
    /// The function returned.
    Returned,
    /// The function panicked.
    Panicked,
    /// The argument could not be decoded, or the result not encoded.
    Unsendable,
    /// The worker ended during the task.
    WorkerDied,
    /// The task's time was up and its worker was killed.
    TimedOut,
    /// The call was cancelled and the worker killed.
    Cancelled,
}
