//! No workers at all: each task runs in the thread that drives the pool, one after the other. For debugging: breakpoints
//! hold, a panic shows its whole stack, and no second process is in the way.
//!
//! Must not know more than the trait asks for. A task cannot be interrupted here, so a timeout
//! or a cancellation waits for its end.

use std::borrow::Cow;
use std::collections::{BTreeMap, VecDeque};
use std::io;
use std::time::Duration;

use super::occupied::work_for;
use super::sleep::Since;
use super::{Assignment, Engine, Sleep, Woken};
use crate::error::WorkerExit;
use crate::ids::{TaskId, WorkerId};
use crate::sys::{Answer, Input, Waker, monotonic_ns};
use crate::task::{self, Batch, capture_panics};
use crate::wire::WorkerEvent;

/// The engine without processes.
pub(crate) struct Inline {
    workers: BTreeMap<WorkerId, VecDeque<Assignment>>,
    waker: Waker,
    early: Vec<WorkerEvent>,
    epoch_ns: u64,
}

impl Inline {
    pub(crate) fn new(epoch_ns: u64) -> io::Result<Self> {
        capture_panics();
        let (workers, early) = (BTreeMap::new(), Vec::new());
        Ok(Self { workers, waker: Waker::new()?, early, epoch_ns })
    }

    fn end(&mut self, worker: WorkerId) {
        if self.workers.remove(&worker).is_some() {
            let (pid, exit) = (Some(std::process::id()), WorkerExit::Code(0));
            let (claimed, failure) = (Vec::new(), None);
            self.early.push(WorkerEvent::Down { worker, pid, exit, claimed, failure });
        }
    }

    fn now(&self) -> Duration {
        Duration::from_nanos(monotonic_ns() - self.epoch_ns)
    }
}

impl Engine for Inline {
    fn start(&mut self, worker: WorkerId, _fruitless: u32, _now: Duration) {
        self.workers.insert(worker, VecDeque::new());
        self.early.push(WorkerEvent::Started { worker, pid: std::process::id() });
        self.early.push(WorkerEvent::Up { worker });
    }

    fn send(&mut self, worker: WorkerId, runs: Vec<Assignment>) {
        let Some(queue) = self.workers.get_mut(&worker) else { return };
        // One by one, so that what has not begun can be taken back.
        for Assignment { mut task, function, mut arguments, how } in runs {
            loop {
                let rest = arguments.split_off(1);
                queue.push_back(Assignment { task, function, arguments, how });
                task.index += 1;
                match rest {
                    Some(rest) => arguments = rest,
                    None => break,
                }
            }
        }
    }

    fn take_back(&mut self, worker: WorkerId, _unless: Option<TaskId>) -> Vec<TaskId> {
        // Never asked of a task that has begun: whoever asks is the thread that would run it.
        let queue = self.workers.get_mut(&worker).map(std::mem::take).unwrap_or_default();
        if !queue.is_empty() {
            self.early.push(WorkerEvent::Stirs { worker });
        }
        queue.into_iter().map(|assignment| assignment.task).collect()
    }

    fn kill_in(&mut self, _worker: WorkerId, _task: TaskId) -> bool {
        false
    }

    fn kill(&mut self, worker: WorkerId) {
        self.end(worker);
    }

    fn retire(&mut self, worker: WorkerId) {
        self.end(worker);
    }

    fn stop_starting(&mut self) {}

    fn has_news(&self) -> bool {
        !self.early.is_empty() || self.workers.values().any(|queue| !queue.is_empty())
    }

    fn glance(&mut self, events: &mut Vec<WorkerEvent>) {
        events.append(&mut self.early);
    }

    fn fall_asleep(&mut self, now: Duration, until: Option<Duration>, _last_look: bool) -> Sleep {
        let timeout = match self.has_news() {
            true => Some(Duration::ZERO),
            false => until.map(|until| until.saturating_sub(now)),
        };
        Sleep::new(&self.waker, timeout, Since::default())
    }

    fn wake_up(&mut self, woken: Woken, events: &mut Vec<WorkerEvent>) {
        self.waker.awake(woken.waker);
        events.append(&mut self.early);
        let next = self.workers.iter_mut().find_map(|(id, queue)| Some((*id, queue.pop_front()?)));
        if let Some((worker, Assignment { task, function, arguments, how })) = next {
            let started = self.now();
            if how.announce {
                events.push(WorkerEvent::TaskStarted { worker, task, at: started });
            }
            let mut answer = Answer::default();
            let mut input = Input { bytes: Cow::Borrowed(&arguments), beside: arguments.beside() };
            let run = || task::run(function, &mut input, &mut answer);
            let verdict = work_for(&self.waker, run);
            let Answer { bytes, behind, beside } = answer;
            let output = if behind.is_empty() { bytes } else { behind };
            let mut outputs = Batch::default();
            outputs.push_encoded(output.into(), beside);
            let span = Some((started, self.now()));
            let took = span.map(|(started, ended)| ended - started);
            events.push(WorkerEvent::TasksFinished { worker, task, outputs, verdict, span, took });
        }
    }

    fn next_time(&self, _now: Duration) -> Option<Duration> {
        None
    }

    fn can_be_driven(&self) -> bool {
        false
    }

    fn begin_drive(&mut self) {}

    fn end_drive(&mut self) {}

    fn waker(&self) -> Waker {
        self.waker.clone()
    }
}
