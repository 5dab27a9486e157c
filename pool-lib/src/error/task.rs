//! Why a task has no result: what happened, to which item, where, and how often it was tried.
//!
//! Must not know what is done about it: retries are decided by the dispatcher.

use std::fmt;
use std::time::Duration;

use super::{RemotePanic, WorkerExit};

/// A task that ended without a result.
///
/// ```
/// use pool_lib::{Pool, Started, TaskErrorKind, WorkerExit};
///
/// let pool = Pool::builder().processes(1).build()?;
/// let error = pool.map(|n: i32| if n == 3 { std::process::exit(n) } else { n }, 0..5).unwrap_err();
/// assert_eq!(error.index(), 3);
/// assert_eq!(error.kind(), &TaskErrorKind::WorkerDied(WorkerExit::Code(3)));
/// assert_eq!(error.started(), Started::Yes);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct TaskError(Box<Inner>);

#[derive(Clone, PartialEq, Eq)]
struct Inner {
    kind: TaskErrorKind,
    index: usize,
    pid: Option<u32>,
    attempts: u32,
    started: Started,
    causes: Vec<TaskErrorKind>,
}

/// What happened to a task that has no result.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TaskErrorKind {
    /// The function panicked. The worker lives.
    Panicked(RemotePanic),
    /// The worker that ran the task ended. Another has taken its place.
    WorkerDied(WorkerExit),
    /// The task ran longer than this; its worker was killed and replaced.
    TimedOut(Duration),
    /// The call was cancelled, or the pool terminated, before the task had a result.
    Cancelled,
    /// The argument or the result cannot be sent between processes, or the function cannot be named there.
    Encode(String),
    /// The bytes that arrived are no value of the expected type.
    Decode(String),
    /// The pool was closed before the task was submitted.
    Closed,
    /// The pool has no workers left and has given up starting new ones, after many attempts with growing
    /// pauses; the text says why. It is of no use any more: all later tasks fail with the same.
    NoWorkers(String),
    /// The call itself makes no sense, such as a chunk size of zero.
    Invalid(String),
}

/// Whether a task without a result had begun to run.
///
/// A task that had not started has had no effect and can be tried again without a second thought.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Started {
    /// The function was not entered.
    No,
    /// The function was entered, and may have had effects.
    Yes,
    /// Nobody can tell.
    Unknown,
}

impl TaskError {
    pub(crate) fn new(kind: TaskErrorKind, index: usize) -> Self {
        Self(Box::new(Inner {
            kind,
            index,
            pid: None,
            attempts: 0,
            started: Started::No,
            causes: Vec::new(),
        }))
    }

    pub(crate) fn tried(mut self, attempts: u32, started: Started, pid: Option<u32>) -> Self {
        self.0.attempts = attempts;
        self.0.started = started;
        self.0.pid = pid;
        self
    }

    pub(crate) fn after(mut self, causes: Vec<TaskErrorKind>) -> Self {
        self.0.causes = causes;
        self
    }

    /// What happened at the last attempt.
    pub fn kind(&self) -> &TaskErrorKind {
        &self.0.kind
    }

    /// The place of the task's argument in the input, counted from 0.
    pub fn index(&self) -> usize {
        self.0.index
    }

    /// The process id of the worker that had the task last, if any had and it is still known. It may
    /// be in use by another process by now.
    pub fn pid(&self) -> Option<u32> {
        self.0.pid
    }

    /// How often the task was started.
    pub fn attempts(&self) -> u32 {
        self.0.attempts
    }

    /// Whether the function had been entered at the last attempt.
    pub fn started(&self) -> Started {
        self.0.started
    }

    /// What ended the attempts before the last one, oldest first: empty unless the task was retried.
    pub fn causes(&self) -> &[TaskErrorKind] {
        &self.0.causes
    }
}

impl fmt::Display for TaskErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            TaskErrorKind::Panicked(panic) => panic.fmt(f),
            TaskErrorKind::WorkerDied(exit) => write!(f, "the worker {exit}"),
            TaskErrorKind::TimedOut(limit) => write!(f, "timed out after {limit:?}"),
            TaskErrorKind::Cancelled => f.write_str("cancelled"),
            TaskErrorKind::Encode(why) => write!(f, "cannot be sent: {why}"),
            TaskErrorKind::Decode(why) => write!(f, "cannot be read back: {why}"),
            TaskErrorKind::Closed => f.write_str("the pool is closed"),
            TaskErrorKind::NoWorkers(why) => write!(f, "no worker can be started: {why}"),
            TaskErrorKind::Invalid(why) => f.write_str(why),
        }
    }
}

impl fmt::Display for TaskError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Inner { kind, index, pid, attempts, started, .. } = &*self.0;
        write!(f, "task {index}")?;
        if let Some(pid) = pid {
            write!(f, " (worker {pid})")?;
        }
        write!(f, ": {kind}")?;
        if *attempts > 1 {
            write!(f, " (attempt {attempts})")?;
        }
        if *started == Started::No && pid.is_some() {
            write!(f, " (before it started)")?;
        }
        Ok(())
    }
}

/// The same sentence as `Display`, because this is what a program prints whose `main` returns the
/// error; with `{:#?}` the worker's backtrace follows.
impl fmt::Debug for TaskError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)?;
        match self.kind() {
            TaskErrorKind::Panicked(panic) if f.alternate() => write!(f, "\n{}", panic.backtrace()),
            _ => Ok(()),
        }
    }
}

impl std::error::Error for TaskError {}
