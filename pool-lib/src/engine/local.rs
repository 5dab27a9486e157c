//! Workers as processes of this machine, each behind its own port, under one supervisor.
//!
//! Must not know queues or deadlines; runs no user code.

use std::collections::BTreeMap;
use std::io;
use std::time::Duration;

use super::ledger::Clock;
use super::port::Port;
use super::sleep::Since;
use super::{Assignment, Engine, Sleep, Woken};
use crate::error::{StartFailure, WorkerExit, with_advice};
use crate::ids::{TaskId, WorkerId};
use crate::launch::Launcher;
use crate::supervisor::{Notice, Supervisor};
use crate::sys::{Resource, Waker, monotonic_ns};
use crate::task::Function;
use crate::wire::{Welcome, WorkerEvent};

/// A worker that owes a word and has kept silent for this time is taken for dead.
pub(crate) const ANSWER_LIMIT: Duration = Duration::from_secs(30);

/// How long to sleep while a worker may have said something without ringing for it.
const SILENCE: Duration = Duration::from_millis(1);

/// When to try again to send descriptors for which the kernel had no room.
const AGAIN: Duration = Duration::from_millis(2);

/// What every worker of a pool has in common.
pub(crate) struct Settings {
    pub(crate) name: String,
    pub(crate) initializer: Option<Function>,
    pub(crate) pin_to_cores: bool,
    pub(crate) limits: Vec<(Resource, u64)>,
    /// Above this much memory of its own, in bytes, a worker tells.
    pub(crate) memory: Option<u64>,
    /// Whether workers finish their tasks when the program is asked to end.
    pub(crate) drained: bool,
    /// Whether what workers print is to be told.
    pub(crate) capture_output: bool,
    /// [`ANSWER_LIMIT`], but for tests that cannot wait so long.
    pub(crate) answer_limit: Duration,
    /// Whether requests and replies go through shared memory.
    pub(crate) rings: bool,
    /// `CLOCK_MONOTONIC` when the pool was built.
    pub(crate) epoch_ns: u64,
}

/// The engine of worker processes.
pub(crate) struct Local {
    settings: Settings,
    /// Closed before the workers' ends are waited for: see `supervisor`.
    ports: BTreeMap<WorkerId, Port>,
    supervisor: Supervisor,
    waker: Waker,
    /// News that came up between two sleeps.
    early: Vec<WorkerEvent>,
    /// How often somebody has begun to drive this.
    drives: u64,
}

impl Local {
    pub(crate) fn new(launcher: Launcher, settings: Settings) -> io::Result<Self> {
        Ok(Self {
            settings,
            supervisor: Supervisor::new(launcher),
            ports: BTreeMap::new(),
            waker: Waker::new()?,
            early: Vec::new(),
            drives: 0,
        })
    }

    fn launch_due(&mut self, now: Duration) {
        for worker in self.supervisor.take_due(now) {
            if let Err(error) = self.launch(worker, now) {
                self.ports.remove(&worker);
                let failure = StartFailure::Os(with_advice(&error));
                self.early.push(down(worker, WorkerExit::Unknown, Some(failure)));
            }
        }
    }

    fn launch(&mut self, worker: WorkerId, now: Duration) -> io::Result<()> {
        let welcome = Welcome {
            worker,
            // The kernel keeps no more than that, and a welcome must fit into a new socket.
            name: self.settings.name.chars().take(16).collect(),
            initializer: self.settings.initializer,
            core: self.settings.pin_to_cores.then_some(worker.slot),
            limits: self.settings.limits.clone(),
            memory: self.settings.memory,
            drained: self.settings.drained,
            capture: None,
            rings: self.settings.rings,
        };
        let (port, theirs) = Port::open(welcome, self.settings.capture_output, now)?;
        self.ports.insert(worker, port);
        self.supervisor.start(worker, theirs, now)
    }

    fn clock(&self) -> Clock {
        clock_since(self.settings.epoch_ns)
    }

    /// When somebody has to be killed, started or looked after.
    fn next_care(&self) -> Option<Duration> {
        let may_be_long = self.settings.initializer.is_some();
        let silent = self.ports.values().filter(|port| port.owes_a_word(may_be_long));
        let word = silent.map(|port| port.heard() + self.settings.answer_limit).min();
        let busy = self.ports.values().any(Port::is_busy);
        let memory = self.supervisor.next_memory_watch().filter(|_| busy);
        let launcher = self.supervisor.launcher_answers_by();
        let stuck = self.ports.values().any(Port::is_stuck).then(|| self.clock().now + AGAIN);
        [word, self.supervisor.next_due(), launcher, memory, stuck].into_iter().flatten().min()
    }

    fn take_news(&mut self, clock: Clock, ready: &Woken, events: &mut Vec<WorkerEvent>) {
        // Bells are silenced before anybody looks at what they ring for.
        for worker in &ready.links {
            let Some(port) = self.ports.get_mut(worker) else { continue };
            if port.receive(false, clock, events).is_err() {
                self.supervisor.kill(*worker);
            } else if port.is_ended() {
                // If it lives on it is as useless as one that talks nonsense.
                self.supervisor.finish_off(*worker);
            }
        }
        self.look_into_rings(|| clock, events);
        if ready.supervisor {
            let notices = self.supervisor.look(clock.now);
            self.take_notices(notices, clock, events);
        }
        self.find_lost(clock, events);
    }

    /// `clock` is looked at for each that has something.
    fn look_into_rings(&mut self, clock: impl Fn() -> Clock, events: &mut Vec<WorkerEvent>) {
        for (worker, port) in &mut self.ports {
            if port.has_outgoing() {
                if port.flush() {
                    events.push(WorkerEvent::Stirs { worker: *worker });
                } else if port.is_deaf() {
                    self.supervisor.finish_off(*worker);
                }
            }
            if port.has_news() && port.receive_ring(clock(), events).is_err() {
                self.supervisor.kill(*worker);
            }
        }
    }

    fn take_notices(&mut self, notices: Vec<Notice>, clock: Clock, events: &mut Vec<WorkerEvent>) {
        for notice in notices {
            match notice {
                Notice::Ended(worker, exit) => self.close(worker, exit, clock, events),
                Notice::Failed(worker, why) => {
                    self.ports.remove(&worker);
                    events.push(down(worker, WorkerExit::Unknown, Some(why)));
                }
            }
        }
    }

    /// The process is gone: what it had said before counts, then its port is closed.
    fn close(
        &mut self,
        worker: WorkerId,
        exit: WorkerExit,
        clock: Clock,
        events: &mut Vec<WorkerEvent>,
    ) {
        let Some(mut port) = self.ports.remove(&worker) else { return };
        port.close(clock, events);
        events.push(WorkerEvent::Down {
            worker,
            pid: port.hello(),
            exit,
            claimed: port.claimed(),
            failure: port.take_failure(),
        });
    }

    /// Workers that were to be killed and may not be are down to us. They have no link any more, and so no task to begin.
    fn give_up_protected(&mut self, events: &mut Vec<WorkerEvent>) {
        for worker in self.supervisor.give_up_protected() {
            self.close(worker, WorkerExit::Unknown, self.clock(), events);
        }
    }

    /// Workers whose fork server died before it told of them: their links tell.
    fn find_lost(&mut self, clock: Clock, events: &mut Vec<WorkerEvent>) {
        let lost: Vec<_> =
            self.ports.keys().copied().filter(|worker| self.supervisor.is_lost(*worker)).collect();
        for worker in lost {
            let port = &self.ports[&worker];
            match port.hello() {
                Some(pid) if self.supervisor.adopt(worker, pid) => {}
                _ if port.is_ended() => {
                    let never_came = port.hello().is_none();
                    let why = self.supervisor.forget(worker).filter(|_| never_came);
                    if let (Some(why), Some(port)) = (why, self.ports.get_mut(&worker)) {
                        port.fail(why);
                    }
                    self.close(worker, WorkerExit::Unknown, clock, events);
                }
                _ => {}
            }
        }
    }

    fn kill_silent(&mut self, now: Duration) {
        let notices = self.supervisor.end_silent_launcher(now);
        if !notices.is_empty() {
            let mut events = std::mem::take(&mut self.early);
            self.take_notices(notices, self.clock(), &mut events);
            self.early = events;
        }
        let may_be_long = self.settings.initializer.is_some();
        let limit = self.settings.answer_limit;
        for (worker, port) in &mut self.ports {
            if port.owes_a_word(may_be_long) && port.heard() + limit <= now {
                // What the fork server takes is looked after above, or is the user's time in `preload`.
                port.hear(now);
                if !self.supervisor.is_pending(*worker) {
                    port.fail(StartFailure::Silent(limit));
                    self.supervisor.kill(*worker);
                }
            }
        }
    }
}

fn clock_since(epoch_ns: u64) -> Clock {
    Clock { epoch_ns, now: Duration::from_nanos(monotonic_ns().saturating_sub(epoch_ns)) }
}

fn down(worker: WorkerId, exit: WorkerExit, failure: Option<StartFailure>) -> WorkerEvent {
    WorkerEvent::Down { worker, pid: None, exit, claimed: Vec::new(), failure }
}

impl Engine for Local {
    fn start(&mut self, worker: WorkerId, fruitless: u32, now: Duration) {
        self.supervisor.plan(worker, fruitless, now);
    }

    fn send(&mut self, worker: WorkerId, runs: Vec<Assignment>) {
        if let Some(port) = self.ports.get_mut(&worker) {
            port.send(runs);
            if port.is_deaf() {
                self.supervisor.finish_off(worker);
            }
        }
    }

    fn take_back(&mut self, worker: WorkerId, unless: Option<TaskId>) -> Vec<TaskId> {
        let Some(port) = self.ports.get_mut(&worker) else { return Vec::new() };
        port.take_back(unless).unwrap_or_else(|_| {
            self.supervisor.kill(worker);
            Vec::new()
        })
    }

    fn kill_in(&mut self, worker: WorkerId, task: TaskId) -> bool {
        let clock = self.clock();
        let Some(port) = self.ports.get_mut(&worker) else { return false };
        let spared = !port.freeze(task) && port.has_ended(task, clock, &mut self.early).is_ok();
        if !spared {
            self.supervisor.kill(worker);
        }
        !spared
    }

    fn kill(&mut self, worker: WorkerId) {
        if self.supervisor.kill(worker) {
            self.early.push(down(worker, WorkerExit::Unknown, None));
        }
    }

    fn retire(&mut self, worker: WorkerId) {
        if let Some(port) = self.ports.get_mut(&worker) {
            port.retire();
        }
    }

    fn stop_starting(&mut self) {
        let notices = self.supervisor.stop_launching();
        let clock = self.clock();
        let mut events = std::mem::take(&mut self.early);
        self.take_notices(notices, clock, &mut events);
        // Now, not after the next wait: of a lost worker that keeps still no descriptor will move.
        self.find_lost(clock, &mut events);
        self.early = events;
    }

    fn has_news(&self) -> bool {
        !self.early.is_empty()
            || self.supervisor.has_protected()
            || self.ports.values().any(Port::has_news)
    }

    fn shows_news(&self) -> bool {
        !self.early.is_empty() || self.ports.values().any(Port::shows_news)
    }

    fn glance(&mut self, events: &mut Vec<WorkerEvent>) {
        events.append(&mut self.early);
        self.give_up_protected(events);
        let epoch_ns = self.settings.epoch_ns;
        self.look_into_rings(|| clock_since(epoch_ns), events);
    }

    fn fall_asleep(&mut self, now: Duration, until: Option<Duration>, last_look: bool) -> Sleep {
        self.launch_due(now);
        // To start a process can take its time.
        let now = self.clock().now;
        self.kill_silent(now);
        self.supervisor.watch_memory(now);
        // The order matters: workers are asked to ring before their rings are looked at for the last time.
        self.end_drive();
        let timeout = if last_look && self.has_news() {
            Some(Duration::ZERO)
        } else {
            let until = [until, self.next_time(now)].into_iter().flatten().min();
            until.map(|until| until.saturating_sub(now))
        };
        let since = Since { at: self.clock().now, drives: self.drives };
        let mut sleep = Sleep::new(&self.waker, timeout, since);
        sleep.watch_supervisor(self.supervisor.fds());
        for (worker, port) in self.ports.iter().filter(|(_, port)| !port.is_ended()) {
            for (place, fd) in port.fds().enumerate() {
                // Only into the link something is written.
                sleep.watch_worker(*worker, fd, place == 0 && port.waits_for_socket());
            }
        }
        sleep
    }

    fn wake_up(&mut self, woken: Woken, events: &mut Vec<WorkerEvent>) {
        self.waker.awake(woken.waker);
        let undisturbed = woken.since.drives == self.drives;
        self.begin_drive();
        let clock = self.clock();
        // A sleep that somebody has cut short, or in which somebody else looked after the workers, shows nothing: what
        // a worker has just done need not be seen yet.
        let slept = clock.now.saturating_sub(woken.since.at);
        if slept >= SILENCE && undisturbed {
            for port in self.ports.values_mut() {
                if port.may_keep_silent() && !port.has_news() {
                    port.lose_patience();
                }
            }
        }
        events.append(&mut self.early);
        self.give_up_protected(events);
        self.take_news(clock, &woken, events);
    }

    fn next_time(&self, now: Duration) -> Option<Duration> {
        let silent = self.ports.values().any(Port::may_keep_silent).then_some(now + SILENCE);
        [self.next_care(), silent].into_iter().flatten().min()
    }

    fn can_be_driven(&self) -> bool {
        self.settings.rings
    }

    fn begin_drive(&mut self) {
        self.drives += 1;
        self.ports.values().for_each(Port::is_awake);
    }

    fn end_drive(&mut self) {
        self.ports.values().for_each(Port::go_to_sleep);
    }

    fn waker(&self) -> Waker {
        self.waker.clone()
    }
}
