//! The thin loop around the state machine: carries orders and news in, and commands out.
//!
//! Never blocks on one worker or one caller, and runs no user code: wakers of futures are for whoever drives, and not now.
//!
//! Must not decide anything: what follows from what is up to the machine.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use crossbeam_channel::{Receiver, Sender};

use super::delivery::{Delivery, Producer};
use super::hand::Run;
use super::input::{Command, Input, Limits, Outcome};
use super::order::{Fate, Order};
use super::state::State;
use super::wakers::Wakers;
use crate::engine::{Assignment, Engine};
use crate::error::{StartFailure, Started, TaskError, TaskErrorKind};
use crate::ids::{CallId, TaskId, WorkerId};
use crate::sys::{Spin, Waker, cores, monotonic_ns};
use crate::task::{Function, Verdict};
use crate::trace::{Ending, EventKind, Recorder, Row};
use crate::wire::{How, WorkerEvent};

mod bookkeeping;
mod orders;
mod reply;
mod rest;
mod rounds;
#[cfg(test)]
pub(crate) mod tests;
use bookkeeping::{Arguments, Presence};
use reply::Reply;
pub(super) use rest::Rest;

/// A longer list of commands is not kept.
const COMMANDS_KEPT: usize = 64;

/// Told once: whether the pool has come into being.
pub(crate) type Opening = Result<(), StartFailure>;

/// Where the builder waits for the pool to open.
pub(crate) struct Door {
    pub(crate) builder: Sender<Opening>,
    /// Wait for all workers to be ready, not only for one.
    pub(crate) await_all: bool,
}

pub(crate) struct Driver {
    state: State<Reply>,
    engine: Box<dyn Engine + Send>,
    waker: Waker,
    orders: Receiver<Order>,
    /// Boxed, as in the machine.
    calls: BTreeMap<CallId, Box<Call>>,
    /// A list that is empty, to be used again.
    commands: Vec<Command<Reply>>,
    /// The time of this turn.
    now: Duration,
    /// Calls that were given outcomes, which are not handed over yet.
    served: Vec<CallId>,
    /// Of futures that were given what they wait for; to be called by whoever drives, when he has let go.
    wakers: Wakers,
    recorder: Arc<Recorder>,
    presence: Presence,
    opening: Option<Sender<Opening>>,
    fate: Fate,
    epoch_ns: u64,
    stopped: bool,
    spin: Spin,
    /// Outcomes that are not handed over yet, and since when there are some.
    held: u64,
    held_since: Duration,
    /// Looks at the rings since the operating system was last asked for news.
    glances: u32,
    /// The same as `spin`, for callers that drive while they wait.
    callers_spin: Spin,
    /// When a task was sent beside which nothing is to be done, and that has not ended; how long the last one took.
    lone_since: Option<Duration>,
    lone_took: Duration,
    /// When the thread that sleeps wakes by itself.
    sleeps_until: Option<Duration>,
    /// Whether something was done since then that only this thread can follow up.
    restless: bool,
    /// Whether there was anything to do since then.
    busy: bool,
}

/// A call as far as bytes and callers are concerned.
struct Call {
    function: Function,
    how: How,
    arguments: Arguments,
    to: Producer,
}

impl Driver {
    /// `epoch_ns` is `CLOCK_MONOTONIC` at time zero of the pool.
    pub(crate) fn new(
        limits: Limits,
        engine: Box<dyn Engine + Send>,
        (orders, fate): (Receiver<Order>, Fate),
        recorder: Arc<Recorder>,
        opening: Door,
        epoch_ns: u64,
    ) -> Self {
        Self {
            state: State::new(limits),
            waker: engine.waker(),
            engine,
            orders,
            calls: BTreeMap::new(),
            commands: Vec::new(),
            now: Duration::ZERO,
            served: Vec::new(),
            wakers: Wakers::default(),
            recorder,
            presence: Presence::new(limits.processes, opening.await_all),
            opening: Some(opening.builder),
            fate,
            epoch_ns,
            stopped: false,
            spin: Spin::default(),
            held: 0,
            held_since: Duration::ZERO,
            glances: 0,
            callers_spin: Spin::default(),
            lone_since: None,
            lone_took: Duration::MAX,
            sleeps_until: None,
            restless: false,
            busy: false,
        }
    }

    /// Once a turn, after the news of it were read: what they tell of lies before.
    fn look_at_clock(&mut self) {
        self.now = Duration::from_nanos(monotonic_ns().saturating_sub(self.epoch_ns));
    }

    fn step(&mut self, input: Input<Reply>) {
        self.state.step(self.now, input);
    }

    fn record(&self, kind: EventKind) {
        self.recorder.record(self.now, kind);
    }

    fn take_event(&mut self, event: WorkerEvent) {
        match event {
            WorkerEvent::Started { worker, pid } => {
                self.presence.greeted(worker, pid);
                self.record(EventKind::WorkerStarted { worker, pid });
            }
            WorkerEvent::Up { worker } => {
                self.presence.up(worker);
                self.record(EventKind::WorkerReady { worker });
                self.step(Input::WorkerUp { worker });
            }
            WorkerEvent::Stirs { worker } => self.step(Input::WorkerStirs { worker }),
            WorkerEvent::TaskStarted { worker, task, at } => {
                self.recorder.record(at, EventKind::TaskStarted { task, worker });
                self.step(Input::TaskStarted { worker, task, at });
            }
            WorkerEvent::TasksFinished { worker, task, outputs, verdict, span, took } => {
                let announced = self.calls.get(&task.call).is_some_and(|call| call.how.announce);
                let (count, bytes) = (outputs.len() as u64, outputs.size() as u64);
                let output = Reply { verdict, outputs };
                let ending = output.ending();
                let row = Row { worker, task, count, bytes, span, ending, announced };
                self.recorder.record_row(self.now, &row);
                if let Some(since) = self.lone_since.take() {
                    self.lone_took = self.now.saturating_sub(since);
                }
                let returned = verdict == Verdict::Returned;
                self.step(Input::TasksFinished { worker, task, count, returned, took, output });
            }
            WorkerEvent::Output { worker, task, stream, line, cut } => {
                self.record(EventKind::Output { worker, task, stream, line });
                if cut > 0 {
                    self.record(EventKind::OutputCut { worker, lines: 0, bytes: cut });
                }
            }
            WorkerEvent::Grown { worker, bytes } => {
                self.record(EventKind::WorkerGrown { worker, bytes });
                self.step(Input::WorkerGrown { worker, bytes });
            }
            WorkerEvent::Down { worker, pid, exit, claimed, failure } => {
                self.presence.failed(worker);
                self.step(Input::WorkerDown { worker, exit, claimed, failure });
                self.record(EventKind::WorkerEnded { worker, pid, exit });
            }
        }
        self.announce_opening();
        self.carry_out_commands();
    }

    /// Tells the builder as soon as every place has been tried and one worker is ready.
    fn announce_opening(&mut self) {
        if self.presence.is_open() {
            self.tell_builder(Ok(()));
        }
    }

    fn tell_builder(&mut self, opening: Opening) {
        if let Some(builder) = self.opening.take() {
            // A builder that has given up does not listen any more.
            let _ = builder.send(opening);
        }
    }

    /// Hands over what the callers wait for.
    fn hand_over(&mut self) {
        self.held = 0;
        for call in self.served.drain(..) {
            if let Some(call) = self.calls.get_mut(&call) {
                call.to.flush(&mut self.wakers);
            }
        }
    }

    /// Answers to commands can bring new commands.
    fn carry_out_commands(&mut self) {
        while self.state.has_commands() {
            let mut commands = self.state.take_commands(std::mem::take(&mut self.commands));
            for command in commands.drain(..) {
                self.command(command);
            }
            if commands.capacity() <= COMMANDS_KEPT {
                self.commands = commands;
            }
        }
    }

    fn command(&mut self, command: Command<Reply>) {
        match command {
            Command::Start { worker, fruitless } => {
                self.restless = true;
                self.engine.start(worker, fruitless, self.now)
            }
            Command::Send { worker, runs } => self.send(worker, runs),
            Command::TakeBack { worker, unless } => {
                let tasks = self.engine.take_back(worker, unless);
                self.step(Input::TakenBack { worker, tasks });
            }
            Command::KillIn { worker, task } => {
                if !self.engine.kill_in(worker, task) {
                    self.step(Input::Spared { worker, task });
                }
            }
            Command::Kill { worker } => self.engine.kill(worker),
            Command::Retire { worker } => self.engine.retire(worker),
            Command::StopStarting => self.engine.stop_starting(),
            Command::StartFailed { worker, why } => {
                self.record(EventKind::WorkerFailed { worker, why: why.to_string() });
            }
            Command::Retry { task, worker, kind } => {
                self.record_failed_attempt(task, worker, &kind);
                self.record(EventKind::TaskRetried { task });
            }
            Command::Complete { task, outcome } => self.complete(task, outcome),
            Command::Discard { call, tasks, kind } => {
                self.drop_tasks(call, tasks.clone(), Delivery::Dropped(tasks, kind));
            }
            Command::Abandon { task: TaskId { call, index }, kind, attempts, causes } => {
                let place = usize::try_from(index).unwrap_or(usize::MAX);
                let error = TaskError::new(kind, place).tried(attempts, Started::Yes, None);
                let delivery = Delivery::Failed(index, error.after(causes));
                self.drop_tasks(call, index..index + 1, delivery);
            }
            Command::Ended { call } => {
                self.record(EventKind::CallEnded { call });
                if let Some(mut call) = self.calls.remove(&call) {
                    call.to.end(&mut self.wakers);
                }
            }
            Command::Broken { why, kind } => {
                // Set once: a pool breaks once.
                let _ = self.fate.set(kind);
                self.tell_builder(Err(why));
            }
            Command::Stopped => self.stopped = true,
        }
    }

    /// These tasks have their outcomes, and no worker had a part in it.
    fn drop_tasks(&mut self, call: CallId, tasks: Range<u64>, delivery: Delivery) {
        self.record(EventKind::TasksDropped { call, count: tasks.end - tasks.start });
        if let Some(record) = self.calls.get_mut(&call) {
            let count = tasks.end - tasks.start;
            record.arguments.release(tasks);
            record.to.push(delivery);
            self.serve(call, count);
        }
    }

    fn send(&mut self, worker: WorkerId, runs: Vec<Run>) {
        let mut assignments = Vec::with_capacity(runs.len());
        let lone = self.is_hardly_busy();
        self.lone_since = lone.then_some(self.now);
        for Run { call: id, mut tasks } in runs {
            let Some(call) = self.calls.get(&id) else { continue };
            while let Some(arguments) = call.arguments.get(tasks.clone()) {
                let task = TaskId { call: id, index: tasks.start };
                tasks.start += arguments.count() as u64;
                let (function, how) = (call.function, How { lone, ..call.how });
                assignments.push(Assignment { task, function, arguments, how });
            }
        }
        self.engine.send(worker, assignments);
    }

    /// Whether there is so little to do that each caller waits for his only task, and nobody needs the cores: then it is worth
    /// their time to look out for what he does next.
    fn is_hardly_busy(&self) -> bool {
        self.calls.len() <= cores() / 2
            && self.calls.values().all(|call| call.arguments.are_of_one())
    }

    fn record_failed_attempt(&self, task: TaskId, worker: WorkerId, kind: &TaskErrorKind) {
        let ending = match kind {
            TaskErrorKind::TimedOut(_) => Ending::TimedOut,
            TaskErrorKind::Cancelled => Ending::Cancelled,
            _ => Ending::WorkerDied,
        };
        let (took, bytes) = (Duration::ZERO, 0);
        self.record(EventKind::TaskEnded { task, worker, ending, took, bytes });
    }

    fn complete(&mut self, task: TaskId, outcome: Outcome<Reply>) {
        let index = usize::try_from(task.index).unwrap_or(usize::MAX);
        let failed = |kind| TaskError::new(kind, index);
        let delivery = match outcome {
            Outcome::Finished { output, worker, attempts, causes } => match output.into_results() {
                Ok(results) => Delivery::Returned(task.index, results),
                Err(kind) => {
                    let pid = self.presence.pid(worker);
                    let error = failed(kind).tried(attempts, Started::Yes, pid).after(causes);
                    Delivery::Failed(task.index, error)
                }
            },
            Outcome::Failed { kind, worker, attempts, started, causes } => {
                self.record_failed_attempt(task, worker, &kind);
                let pid = self.presence.pid(worker);
                let error = failed(kind).tried(attempts, started, pid).after(causes);
                Delivery::Failed(task.index, error)
            }
        };
        self.deliver(task.call, task.index, delivery);
    }

    fn deliver(&mut self, id: CallId, first: u64, delivery: Delivery) {
        if let Some(call) = self.calls.get_mut(&id) {
            let count = delivery.count();
            call.arguments.release(first..first + count);
            call.to.push(delivery);
            self.serve(id, count);
        }
    }

    /// Remembers that so many outcomes of this call are to be handed over.
    fn serve(&mut self, call: CallId, outcomes: u64) {
        if self.held == 0 {
            self.held_since = self.now;
        }
        self.held += outcomes;
        if self.served.last() != Some(&call) {
            self.served.push(call);
        }
    }
}
