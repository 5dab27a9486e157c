//! When a caller that drives lets go, over workers that never stop telling news; what workers are told of how much there is to
//! do; and what is counted.
//!
//! Must not start a process.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use crossbeam_channel::bounded;

use super::{Door, Driver};
use crate::dispatcher::delivery::{Consumer, channel};
use crate::dispatcher::input::{CallSpec, Limits};
use crate::dispatcher::order::{Order, Orders};
use crate::dispatcher::shared::Dispatcher;
use crate::engine::{Assignment, Engine, Inline, Sleep, Woken};
use crate::error::{TaskErrorKind, WorkerExit};
use crate::ids::{CallId, TaskId, WorkerId};
use crate::sys::{Waker, cores};
use crate::task::{Batch, Function};
use crate::trace::Recorder;
use crate::wire::WorkerEvent;

const LIMITS: Limits = Limits { processes: 2, tasks_per_worker: None, memory_per_worker: None };

/// Workers of which one gives signs without end, and the other is down at the next glance. Notes of each run whether it was
/// sent as a lone one.
struct Restless {
    inline: Inline,
    dies: Option<WorkerId>,
    lone: Arc<Mutex<Vec<bool>>>,
}

impl Engine for Restless {
    fn start(&mut self, worker: WorkerId, fruitless: u32, now: Duration) {
        self.inline.start(worker, fruitless, now);
    }

    fn send(&mut self, worker: WorkerId, runs: Vec<Assignment>) {
        self.lone.lock().unwrap().extend(runs.iter().map(|run| run.how.lone));
        self.inline.send(worker, runs);
    }

    fn take_back(&mut self, worker: WorkerId, unless: Option<TaskId>) -> Vec<TaskId> {
        self.inline.take_back(worker, unless)
    }

    fn kill_in(&mut self, worker: WorkerId, task: TaskId) -> bool {
        self.inline.kill_in(worker, task)
    }

    fn kill(&mut self, worker: WorkerId) {
        self.inline.kill(worker);
    }

    fn retire(&mut self, worker: WorkerId) {
        self.inline.retire(worker);
    }

    fn stop_starting(&mut self) {}

    fn has_news(&self) -> bool {
        true
    }

    fn glance(&mut self, events: &mut Vec<WorkerEvent>) {
        self.inline.glance(events);
        if let Some(worker) = self.dies.take() {
            let (exit, claimed, failure) = (WorkerExit::Signal(9), Vec::new(), None);
            events.push(WorkerEvent::Down { worker, pid: None, exit, claimed, failure });
        }
    }

    fn fall_asleep(&mut self, now: Duration, until: Option<Duration>, last_look: bool) -> Sleep {
        self.inline.fall_asleep(now, until, last_look)
    }

    fn wake_up(&mut self, woken: Woken, events: &mut Vec<WorkerEvent>) {
        self.inline.wake_up(woken, events);
    }

    fn next_time(&self, _now: Duration) -> Option<Duration> {
        None
    }

    fn can_be_driven(&self) -> bool {
        true
    }

    fn begin_drive(&mut self) {}

    fn end_drive(&mut self) {}

    fn waker(&self) -> Waker {
        self.inline.waker()
    }
}

/// A driver whose thread has started its workers, and sleeps; and where it takes orders from.
fn asleep(engine: Restless) -> (Driver, Orders) {
    let recorder = Recorder::new(false, None, None).expect("no thread is needed");
    asleep_with(engine, Arc::new(recorder))
}

fn asleep_with(engine: Restless, recorder: Arc<Recorder>) -> (Driver, Orders) {
    let (orders, receiver, fate) = Orders::new(engine.waker());
    let door = Door { builder: bounded(1).0, await_all: false };
    let mut driver = Driver::new(LIMITS, Box::new(engine), (receiver, fate), recorder, door, 0);
    assert!(driver.work(None, || true).is_some());
    (driver, orders)
}

fn engine(dies: Option<WorkerId>) -> Restless {
    Restless { inline: Inline::new(0).expect("a waker"), dies, lone: Arc::default() }
}

fn open(orders: &Orders, call: CallId, spec: CallSpec) -> Consumer {
    let (to, consumer) = channel();
    let function = Function { offset: 0, check: 0 };
    orders.give(Order::Open { call, spec, function, name: "", to });
    consumer
}

fn append(orders: &Orders, call: CallId) {
    let mut batch = Batch::default();
    batch.push(&mut 1).unwrap();
    orders.give(Order::Append { call, batch: Arc::new(batch) });
}

/// How often the caller is asked whether it has what it waits for; it has at the thousandth time.
fn asked(dies: Option<WorkerId>) -> u32 {
    let (mut driver, _orders) = asleep(engine(dies));
    let mut asked = 0;
    let done = || {
        asked += 1;
        asked == 1000
    };
    assert!(driver.drive(done, || false).is_empty());
    asked
}

#[test]
fn a_caller_lets_go_as_soon_as_a_worker_is_to_be_started() {
    assert_eq!(asked(Some(WorkerId { slot: 0, generation: 0 })), 0);
}

#[test]
fn a_caller_drives_while_there_is_news() {
    assert_eq!(asked(None), 1000);
}

#[test]
fn a_task_is_a_lone_one_only_while_hardly_anything_else_is_to_be_done() {
    let engine = engine(None);
    let lone = Arc::clone(&engine.lone);
    let (mut driver, orders) = asleep(engine);
    let mut consumers = Vec::new();
    // One task after the other, so many in each call; nothing ends meanwhile.
    for (call, tasks) in [1, 2].into_iter().enumerate() {
        let call = CallId(call as u64);
        consumers.push(open(&orders, call, CallSpec::default()));
        for _ in 0..tasks {
            append(&orders, call);
            assert!(driver.drive(|| true, || false).is_empty());
        }
    }
    // Both workers have one, and the third task waits.
    assert_eq!(*lone.lock().unwrap(), [cores() > 1, cores() > 3]);
}

#[test]
fn tasks_that_come_with_the_close_behind_which_they_stand_are_not_counted_as_submitted() {
    let recorder = Arc::new(Recorder::new(false, None, None).unwrap());
    let (mut driver, orders) = asleep_with(engine(None), Arc::clone(&recorder));
    let call = CallId(0);
    let _consumer = open(&orders, call, CallSpec { paced: true, ..CallSpec::default() });
    orders.give(Order::Close);
    append(&orders, call);
    orders.give(Order::Refuse { call, kind: TaskErrorKind::Closed });
    assert!(driver.drive(|| true, || false).is_empty());
    let stats = recorder.stats();
    assert_eq!((stats.submitted, stats.done()), (0, 0));
}

/// A pool whose workers give signs without end, and do nothing else; driven by callers alone.
pub(crate) fn restless() -> Arc<Dispatcher> {
    let (driver, orders) = asleep(engine(None));
    Arc::new(Dispatcher::new(orders, driver))
}
