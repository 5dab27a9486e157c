//! Where workers live: in processes of this machine, or (for debugging) in the thread that asks.
//!
//! An engine carries out what the dispatcher orders and reports what workers do. What it must provide is the
//! trait below; `inline` is the smallest one and keeps the trait honest.
//!
//! Must not know order, deadlines, retries or results' owners.

mod capture;
mod inline;
mod local;
mod port;

use std::io;
use std::time::Duration;

pub(crate) use inline::Inline;
pub(crate) use local::{ANSWER_LIMIT, Local, Settings};

use crate::ids::{TaskId, WorkerId};
use crate::sys::Waker;
use crate::task::{Function, Payload};
use crate::wire::WorkerEvent;

/// One task on its way to a worker.
pub(crate) struct Assignment {
    pub(crate) task: TaskId,
    pub(crate) function: Function,
    pub(crate) argument: Payload,
    /// Whether the start is to be reported when it happens.
    pub(crate) announce: bool,
}

/// Where workers live. Times count from when the pool was built.
pub(crate) trait Engine {
    /// Brings a worker into being; `fruitless` like it ended before it, in a row, without any use.
    fn start(&mut self, worker: WorkerId, fruitless: u32, now: Duration);

    /// Hands tasks to a worker, behind those that it has.
    fn send(&mut self, worker: WorkerId, tasks: Vec<Assignment>);

    /// Takes back all tasks that the worker has not begun; none, if it has begun the task `unless`.
    fn take_back(&mut self, worker: WorkerId, unless: Option<TaskId>) -> Vec<TaskId>;

    /// Ends the worker if it is running `task` at this moment; `false` means that it is not, and
    /// goes on.
    fn kill_in(&mut self, worker: WorkerId, task: TaskId) -> bool;

    /// Ends the worker, whatever it does.
    fn kill(&mut self, worker: WorkerId);

    /// Lets the worker finish what it has, and end.
    fn retire(&mut self, worker: WorkerId);

    /// No worker will be started any more.
    fn stop_starting(&mut self);

    /// Waits for news until `until`, or for [`Waker::wake`], and adds the news to `events`. Every
    /// worker that was started is reported down exactly once.
    fn turn(
        &mut self,
        now: Duration,
        until: Option<Duration>,
        events: &mut Vec<WorkerEvent>,
    ) -> io::Result<()>;

    /// Wakes a sleeping `turn`.
    fn waker(&self) -> Waker;
}
