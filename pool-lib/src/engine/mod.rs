//! Where workers live: in processes of this machine, or (for debugging) in the thread that asks.
//!
//! An engine carries out what the dispatcher orders and reports what workers do. What it must provide is the
//! trait below; `inline` is the smallest one and keeps the trait honest.
//!
//! Must not know order, deadlines, retries or results' owners.

mod capture;
mod inline;
mod ledger;
mod occupied;
mod port;
mod sleep;
#[cfg(any(test, fuzzing))]
pub(crate) mod probe;
mod local;

use std::time::Duration;

pub(crate) use inline::Inline;
pub(crate) use local::{ANSWER_LIMIT, Local, Settings};
pub(crate) use occupied::{work_for, works_for};
pub(crate) use sleep::{Sleep, Woken};

use crate::ids::{TaskId, WorkerId};
use crate::sys::Waker;
use crate::task::{Function, Payload};
use crate::wire::{How, WorkerEvent};

/// Consecutive tasks of one call on their way to a worker.
pub(crate) struct Assignment {
    /// The first of them.
    pub(crate) task: TaskId,
    pub(crate) function: Function,
    pub(crate) arguments: Payload,
    /// What is to be told of them beside their results.
    pub(crate) how: How,
}

/// Where workers live. Times count from when the pool was built.
pub(crate) trait Engine {
    /// Brings a worker into being; `fruitless` like it ended before it, in a row, without any use.
    fn start(&mut self, worker: WorkerId, fruitless: u32, now: Duration);

    /// Hands tasks to a worker, behind those that it has.
    fn send(&mut self, worker: WorkerId, runs: Vec<Assignment>);

    /// Takes back all tasks that the worker has not begun; none, if it has begun the task `unless`. As soon as it runs, and
    /// has passed over them, it stirs.
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

    /// Whether [`glance`](Self::glance) would find something.
    fn has_news(&self) -> bool;

    /// The same for whoever asks again and again, at less cost, and at times a little late: before a sleep, ask above.
    fn shows_news(&self) -> bool {
        self.has_news()
    }

    /// Adds to `events` what workers have said and can be had without a system call.
    fn glance(&mut self, events: &mut Vec<WorkerEvent>);

    /// Does what only one thread may do, always the same one (starting processes), and says what to wait for: for news
    /// until `until`, or for [`Waker::wake`]. Workers ring from now on; with `last_look` there is no wait at all if one
    /// has something to say by now.
    fn fall_asleep(&mut self, now: Duration, until: Option<Duration>, last_look: bool) -> Sleep;

    /// Takes in what was ready after a sleep. Every worker that was started is reported down exactly once.
    fn wake_up(&mut self, woken: Woken, events: &mut Vec<WorkerEvent>);

    /// When something is to be done even if no descriptor moves.
    fn next_time(&self, now: Duration) -> Option<Duration>;

    /// Whether others may [`glance`](Self::glance) while the thread above sleeps. Between these two calls workers do not
    /// ring for results.
    fn can_be_driven(&self) -> bool;
    fn begin_drive(&mut self);
    fn end_drive(&mut self);

    /// Ends a sleep.
    fn waker(&self) -> Waker;
}
