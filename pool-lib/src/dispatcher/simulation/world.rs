//! The machine, its simulated workers, and everything that can happen between them.
//!
//! Must not look inside the state machine: it is driven from outside, as by real workers.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::super::hand::Run;
use super::super::input::{CallSpec, Command, Input, Limits};
use super::super::state::State;
use super::promises::Promises;
use super::sim_worker::{News, Output, SimWorker};
use crate::error::WorkerExit;
use crate::ids::{CallId, WorkerId};

#[derive(Debug)]
pub(super) struct World {
    state: State<Output>,
    pub(super) now: Duration,
    pub(super) workers: BTreeMap<WorkerId, SimWorker>,
    pub(super) promises: Promises,
    open: BTreeSet<CallId>,
    faults: bool,
}

impl World {
    pub(super) fn new(limits: Limits, specs: &[CallSpec]) -> Self {
        let mut world = Self {
            state: State::new(limits),
            now: Duration::ZERO,
            workers: BTreeMap::new(),
            promises: Promises::new(limits),
            open: BTreeSet::new(),
            faults: true,
        };
        for (number, spec) in specs.iter().enumerate() {
            let call = CallId(number as u64);
            world.open.insert(call);
            world.promises.opened(call, *spec);
            world.tell(Input::Open { call, spec: *spec });
        }
        world
    }

    fn tell(&mut self, input: Input<Output>) {
        if self.promises.is_over() {
            return; // nobody drives the machine any more; callers learn that it is gone
        }
        self.state.step(self.now, input);
        loop {
            let commands = self.state.take_commands();
            if commands.is_empty() {
                break;
            }
            for command in commands {
                self.promises.command(&command, &self.workers);
                self.obey(command);
            }
        }
        self.state.audit();
        self.promises.after_each_step(&self.workers, &self.state);
    }

    fn obey(&mut self, command: Command<Output>) {
        match command {
            Command::Start { worker, .. } => {
                self.workers.insert(worker, SimWorker::default());
            }
            Command::Send { worker, runs } => {
                let tasks = runs.iter().flat_map(Run::iter);
                self.workers.get_mut(&worker).expect("a known worker").queue.extend(tasks);
            }
            Command::TakeBack { worker, unless } => {
                let simulated = self.workers.get_mut(&worker);
                let tasks = simulated.map(|simulated| simulated.give_back(unless));
                let tasks = tasks.unwrap_or_default();
                self.promises.came_back(&tasks);
                self.state.step(self.now, Input::TakenBack { worker, tasks });
            }
            Command::KillIn { worker, task } => {
                let simulated = self.workers.get_mut(&worker).expect("a known worker");
                if let Some((_, since)) = simulated.running.filter(|(running, _)| *running == task)
                {
                    self.promises.condemned(task, self.now - since);
                    simulated.frozen = true;
                    simulated.killed = true;
                } else {
                    self.state.step(self.now, Input::Spared { worker, task });
                }
            }
            Command::Kill { worker } => {
                if let Some(simulated) = self.workers.get_mut(&worker) {
                    simulated.killed = true;
                }
            }
            Command::Retire { worker } => {
                self.workers.get_mut(&worker).expect("a known worker").leaving = true;
            }
            _ => {}
        }
    }

    pub(super) fn append(&mut self, call: CallId, count: u64) {
        self.promises.appended(call, count);
        self.tell(Input::Append { call, count });
    }

    /// Lets one thing happen, chosen by a number.
    pub(super) fn step(&mut self, choice: u16) {
        let (what, which) = (choice % 32, usize::from(choice / 32));
        let worker = self.workers.keys().copied().nth(which % self.workers.len().max(1));
        let call = self.open.iter().copied().nth(which % self.open.len().max(1));
        match (what, worker, call) {
            (0..=3, _, Some(call)) => self.append(call, 1 + which as u64 % 7),
            (4, _, Some(call)) => self.seal(call),
            (5, _, Some(call)) => self.cancel(call, which % 2 == 0),
            (6, _, _) if which % 16 == 0 => self.close(),
            (6, _, _) if which % 16 == 1 => self.terminate(),
            (6, _, _) if which % 16 == 2 => self.drain(),
            (7, Some(worker), _) => self.die(worker, WorkerExit::Signal(9)),
            (8..=11, _, _) => self.pass_time(Duration::from_millis(1 + which as u64 % 20)),
            (12..=15, Some(worker), _) => self.come_up(worker),
            (16..=21, Some(worker), _) => self.begin(worker),
            (22..=26, Some(worker), _) => self.end_task(worker, which % 5 != 0),
            (27..=31, Some(worker), _) => self.deliver(worker),
            _ => {}
        }
    }

    /// No more input: all calls are sealed, and sometimes the pool is closed or terminated.
    pub(super) fn finish_input(&mut self, ending: u16) {
        self.faults = false;
        for call in std::mem::take(&mut self.open) {
            self.promises.sealed(call);
            self.tell(Input::Seal { call });
        }
        match ending % 5 {
            1 => self.close(),
            2 => self.terminate(),
            3 => self.drain(),
            4 => {
                self.close();
                self.terminate();
            }
            _ => {}
        }
    }

    /// Moves something that is under way; `false` when nothing is.
    pub(super) fn settle_step(&mut self) -> bool {
        let workers: Vec<WorkerId> = self.workers.keys().copied().collect();
        for id in workers {
            let worker = &self.workers[&id];
            if worker.killed || worker.leaving && worker.is_done() {
                self.die(
                    id,
                    if worker.killed { WorkerExit::Signal(9) } else { WorkerExit::Code(0) },
                );
            } else if !worker.outbox.is_empty() {
                self.deliver(id);
            } else if worker.stopped {
                continue;
            } else if !worker.up {
                self.come_up(id);
            } else if worker.running.is_some() && !worker.stuck {
                self.pass_time(Duration::from_micros(50));
                self.end_task(id, true);
            } else if worker.running.is_none() && worker.has_something_to_read() {
                self.begin(id);
            } else {
                continue;
            }
            return true;
        }
        if let Some(deadline) = self.state.next_deadline().filter(|_| self.faults_are_over()) {
            self.pass_time(deadline.saturating_sub(self.now));
            return true;
        }
        false
    }

    /// A stuck worker waits for its test, not for the clock.
    fn faults_are_over(&self) -> bool {
        !self.workers.values().any(|worker| worker.stuck)
    }

    pub(super) fn check_end(&self) {
        self.promises.check_end(&self.workers);
    }

    pub(super) fn returned(&self) -> usize {
        self.promises.returned()
    }

    /// Has some worker begin a task that it stays in.
    pub(super) fn begin_a_task_and_stick_to_it(&mut self) -> WorkerId {
        let id = *self.workers.keys().next().expect("workers are started at once");
        self.come_up(id);
        // The first tasks go out one by one; once they are known to be short, several wait here.
        while self.workers[&id].queue.len() < 3 {
            self.begin(id);
            self.pass_time(Duration::from_micros(50));
            self.end_task(id, true);
            self.end_task(id, true);
            self.deliver(id);
            self.deliver(id);
        }
        self.begin(id);
        self.workers.get_mut(&id).expect("just used").stuck = true;
        id
    }

    /// Brings the first worker up, and stops it before it has had anything to do.
    pub(super) fn stop_an_idle_worker(&mut self) -> WorkerId {
        let id = *self.workers.keys().next().expect("workers are started at once");
        self.come_up(id);
        self.workers.get_mut(&id).expect("just used").stopped = true;
        id
    }

    pub(super) fn go_on(&mut self, worker: WorkerId) {
        self.workers.get_mut(&worker).expect("it was not killed").stopped = false;
    }

    pub(super) fn let_go(&mut self, worker: WorkerId) {
        self.workers.get_mut(&worker).expect("still in its task").stuck = false;
    }

    fn seal(&mut self, call: CallId) {
        self.open.remove(&call);
        self.promises.sealed(call);
        self.tell(Input::Seal { call });
    }

    fn cancel(&mut self, call: CallId, running: bool) {
        self.promises.cancelled(call, running);
        self.tell(Input::Cancel { call, running });
    }

    fn close(&mut self) {
        self.promises.closing();
        self.tell(Input::Close);
    }

    fn drain(&mut self) {
        self.promises.draining();
        self.tell(Input::Drain);
    }

    fn terminate(&mut self) {
        self.promises.closing();
        self.tell(Input::Terminate);
    }

    fn pass_time(&mut self, time: Duration) {
        self.now += time;
        self.tell(Input::Tick);
    }

    pub(super) fn come_up(&mut self, worker: WorkerId) {
        let simulated = self.workers.get_mut(&worker).expect("chosen among them");
        if !simulated.up && !simulated.stopped {
            simulated.up = true;
            self.tell(Input::WorkerUp { worker });
        }
    }

    fn begin(&mut self, worker: WorkerId) {
        let simulated = self.workers.get_mut(&worker).expect("chosen among them");
        if !simulated.up || simulated.frozen || simulated.stopped || simulated.running.is_some() {
            return;
        }
        if std::mem::take(&mut simulated.skips) {
            simulated.outbox.push_back(News::Stirs);
            return;
        }
        let Some(task) = simulated.queue.pop_front() else { return };
        simulated.running = Some((task, self.now));
        simulated.begun += 1;
        simulated.outbox.push_back(News::Started { task, at: self.now });
        self.promises.begun(worker, task, simulated.begun);
    }

    /// One half of ending: first the result leaves, then the claim is released.
    fn end_task(&mut self, worker: WorkerId, returned: bool) {
        let simulated = self.workers.get_mut(&worker).expect("chosen among them");
        if simulated.frozen || simulated.stopped || simulated.stuck {
            return;
        }
        let Some((task, since)) = simulated.running else { return };
        if simulated.written {
            simulated.written = false;
            simulated.running = None;
        } else {
            simulated.written = true;
            simulated.size += 5 + task.index % 40;
            simulated.outbox.push_back(News::Grown { bytes: simulated.size });
            let took = self.now - since;
            simulated.outbox.push_back(News::Finished { task, returned, took });
        }
    }

    fn deliver(&mut self, worker: WorkerId) {
        let simulated = self.workers.get_mut(&worker).expect("chosen among them");
        match simulated.outbox.pop_front() {
            Some(News::Stirs) => self.tell(Input::WorkerStirs { worker }),
            Some(News::Started { task, at }) => self.tell(Input::TaskStarted { worker, task, at }),
            Some(News::Grown { bytes }) => {
                self.promises.grown(worker, bytes);
                self.tell(Input::WorkerGrown { worker, bytes });
            }
            Some(News::Finished { task, returned, took }) => {
                simulated.delivered = Some(task);
                let output = (task.index, returned);
                let (count, took) = (1, Some(took));
                self.tell(Input::TasksFinished { worker, task, count, returned, took, output });
            }
            None => {}
        }
    }

    /// The worker ends: what it had said before is heard first, as over a real link.
    pub(super) fn die(&mut self, worker: WorkerId, exit: WorkerExit) {
        while !self.workers[&worker].outbox.is_empty() {
            self.deliver(worker);
        }
        let mut simulated = self.workers.remove(&worker).expect("chosen among them");
        // As over a real link: a claim whose result has arrived is nobody's any more.
        let claimed = simulated.running.map(|(task, _)| task);
        let claimed: Vec<_> =
            claimed.filter(|task| simulated.delivered != Some(*task)).into_iter().collect();
        let lost = simulated.running.filter(|_| simulated.frozen).map(|(task, _)| task);
        self.promises.came_back(simulated.queue.make_contiguous());
        self.promises.died(&simulated, lost.as_slice().first().or(claimed.first()).copied());
        self.tell(Input::WorkerDown { worker, exit, claimed, failure: None });
    }
}
