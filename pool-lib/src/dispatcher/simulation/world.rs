//! The machine, its simulated workers and clients, and everything that can happen between them.
//!
//! Must not look inside the state machine: it is driven from outside, as by real workers.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use super::super::hand::Run;
use super::super::input::{CallSpec, Command, Input};
use super::super::state::State;
use super::books::Books;
use super::pages::Place;
use super::schedule::{Happening, Numbers, Pace, Schedule, call};
use super::sim_worker::{Output, SimWorker};
use crate::error::{StartFailure, TaskErrorKind, WorkerExit};
use crate::ids::{CallId, WorkerId};

/// The most calls of a schedule.
const CALLS: usize = 5;
/// So often at the most is work asked back within one moment, or it may go on for ever. (A million schedules get to four.)
const MOVES: usize = 8;

pub(super) struct World {
    pub(super) state: State<Output>,
    pub(super) now: Duration,
    pub(super) workers: BTreeMap<WorkerId, SimWorker>,
    pub(super) books: Books,
    clients: Vec<Client>,
    /// Given, and not carried out.
    orders: VecDeque<Command<Output>>,
    pub(super) echoes: Vec<Input<Output>>,
    /// Whether every step is printed.
    tell_all: bool,
}

/// Who made a call and waits for its outcomes.
struct Client {
    spec: CallSpec,
    pace: Pace,
    open: bool,
    submitted: u64,
    /// How many outcomes a consumer that sets the pace has taken.
    taken: u64,
}

impl World {
    pub(super) fn new(schedule: &Schedule, tell_all: bool) -> Self {
        let mut world = Self {
            state: State::new(schedule.limits),
            now: Duration::ZERO,
            workers: BTreeMap::new(),
            books: Books::new(schedule.limits),
            clients: Vec::new(),
            orders: VecDeque::new(),
            echoes: Vec::new(),
            tell_all,
        };
        world.obey();
        schedule.calls.iter().for_each(|(spec, pace)| world.open(*spec, *pace));
        world
    }

    pub(super) fn tell(&mut self, input: Input<Output>) {
        if self.books.stopped {
            return; // nobody drives the machine any more; callers learn that it is gone
        }
        self.say(&input);
        self.books.heard(self.now, &input);
        self.state.step(self.now, input);
        self.obey();
        self.state.audit();
        self.books.at_rest(&self.workers, self.state.next_deadline());
    }

    pub(super) fn say(&self, input: &Input<Output>) {
        if self.tell_all {
            println!("{:>10?}  {input:?}", self.now);
        }
    }

    fn obey(&mut self) {
        self.note_orders();
        let mut moves = 0;
        while let Some(command) = self.orders.pop_front() {
            moves += usize::from(matches!(command, Command::TakeBack { .. }));
            assert!(moves <= MOVES, "work is given and taken without end");
            self.carry_out(command);
        }
    }

    /// Takes note of what the machine has just ordered, to be carried out in its turn.
    fn note_orders(&mut self) {
        for command in self.state.take_commands(Vec::new()) {
            if self.tell_all {
                println!("{:>10}    {command:?}", "");
            }
            self.books.ordered(&command);
            self.orders.push_back(command);
        }
    }

    fn carry_out(&mut self, command: Command<Output>) {
        match command {
            Command::Start { worker, .. } => {
                self.workers.insert(worker, SimWorker::default());
            }
            Command::Send { worker, runs } => {
                self.worker(worker).queue.extend(runs.iter().flat_map(Run::iter));
            }
            Command::TakeBack { worker, unless } => {
                let tasks = self.worker(worker).give_back(unless);
                self.answer(Input::TakenBack { worker, tasks });
            }
            Command::KillIn { worker, task } => {
                let simulated = self.worker(worker);
                if simulated.running.is_some_and(|(running, _)| running == task) {
                    simulated.frozen = true;
                    simulated.killed = true;
                } else {
                    self.answer(Input::Spared { worker, task });
                }
            }
            Command::Kill { worker } => self.worker(worker).killed = true,
            Command::Retire { worker } => self.worker(worker).leaving = true,
            _ => {}
        }
    }

    /// Answers to a command while others may still have to be obeyed.
    fn answer(&mut self, input: Input<Output>) {
        self.say(&input);
        self.keep(&input);
        self.books.heard(self.now, &input);
        self.state.step(self.now, input);
        self.note_orders();
    }

    /// Whether the pool is told when a task of this call begins.
    pub(super) fn is_announced(&self, call: CallId) -> bool {
        let client = &self.clients[call.0 as usize];
        client.spec.timeout.is_some() || client.pace.watched
    }

    /// How long a task of this call runs, at the least.
    pub(super) fn lasts(&self, call: CallId) -> Duration {
        self.clients[call.0 as usize].pace.lasts
    }

    pub(super) fn worker(&mut self, id: WorkerId) -> &mut SimWorker {
        self.workers.get_mut(&id).unwrap_or_else(|| panic!("{id} is not there"))
    }

    /// Lets one thing happen.
    pub(super) fn step(&mut self, schedule: &Schedule, step: u32) {
        let (what, which) = schedule.happening(step);
        let worker = self.workers.keys().copied().nth(which % self.workers.len().max(1));
        let id = CallId((which % self.clients.len()) as u64);
        match (what, worker) {
            (Happening::Append, _) => self.append_some(id, 1 + (which / 8 % 4) as u64),
            (Happening::Consume, _) => drop(self.consume(id)),
            (Happening::Refuse, _) if self.clients[id.0 as usize].open => self.refuse(id),
            (Happening::Seal, _) => self.seal(id),
            (Happening::CancelWaiting, _) => self.cancel(id, false),
            (Happening::CancelAll, _) => self.cancel(id, true),
            (Happening::Open, _) if self.clients.len() < CALLS => {
                let (spec, pace) = call(&mut Numbers::new(u64::from(step)));
                self.open(spec, pace);
            }
            (Happening::Close, _) if which % 4 == 0 => self.tell(Input::Close),
            (Happening::Drain, _) if which % 4 == 0 => self.tell(Input::Drain),
            (Happening::Terminate, _) if which % 8 == 0 => self.tell(Input::Terminate),
            (Happening::Kill, Some(worker)) => self.die(worker, WorkerExit::Signal(9), None),
            (Happening::Exit, Some(worker)) if self.workers[&worker].acts() => {
                self.die(worker, WorkerExit::Code(3), None);
            }
            (Happening::LoseForkServer, _) => self.lose_fork_server(),
            (Happening::FailToStart, Some(worker)) if !self.workers[&worker].up => {
                let failure = Some(StartFailure::Os("no more processes".to_owned()));
                self.die(worker, WorkerExit::Unknown, failure);
            }
            (Happening::ShortTime, _) => self.pass_time([20, 200, 3_000][which % 3]),
            (Happening::LongTime, _) => {
                self.pass_time([10_000, 30_000, 700_000, 6_000_000][which % 4])
            }
            (Happening::ComeUp, Some(worker)) => self.come_up(worker),
            (Happening::Begin, Some(worker)) => self.begin(worker),
            (Happening::EndTask, Some(worker)) => {
                self.end_task(worker, which % 7 != 0, which % 3 != 0);
            }
            (Happening::Deliver, Some(worker)) => self.deliver(worker),
            (Happening::Stop, Some(worker)) => self.worker(worker).stopped = true,
            (Happening::Continue, Some(worker)) => self.worker(worker).stopped = false,
            (Happening::Echo, _) => self.echo(which),
            _ => {}
        }
    }

    /// No more faults. What is stopped goes on, or only what nobody else can do: a worker that has begun nothing is not needed.
    pub(super) fn let_go_on(&mut self, ending: u64) {
        let all = ending % 16 < 8;
        let needed = |worker: &&mut SimWorker| all || !worker.up || worker.running.is_some();
        self.workers.values_mut().filter(needed).for_each(|worker| worker.stopped = false);
    }

    /// No more input, and sometimes the pool is closed or terminated.
    pub(super) fn finish_input(&mut self, ending: u64) {
        for id in (0..self.clients.len()).map(|number| CallId(number as u64)) {
            if !self.clients[id.0 as usize].spec.paced {
                self.seal(id);
            }
        }
        match ending % 8 {
            1 => self.tell(Input::Close),
            2 => self.tell(Input::Drain),
            3 => self.tell(Input::Terminate),
            4 => {
                self.tell(Input::Close);
                self.tell(Input::Terminate);
            }
            _ => {}
        }
    }

    /// Moves something that is under way; `false` when nothing is.
    pub(super) fn settle_step(&mut self) -> bool {
        let next = self.workers.iter().find_map(|(id, worker)| {
            let ends = worker.killed || worker.leaving && worker.is_done();
            let begins = worker.running.is_none() && worker.has_something_to_read();
            let moves = ends || !worker.up || !worker.outbox.is_empty();
            let moves = moves || (begins || worker.running.is_some()) && worker.acts();
            moves.then_some((*id, ends, worker.up))
        });
        if let Some((id, ends, up)) = next {
            match self.workers[&id].killed {
                true => self.die(id, WorkerExit::Signal(9), None),
                false if ends => self.die(id, WorkerExit::Code(0), None),
                false if !up => self.come_up(id),
                false if self.workers[&id].has_unheard_news() => self.deliver(id),
                false if self.workers[&id].running.is_none() => self.begin(id),
                false => {
                    self.pass_time(50);
                    self.end_task(id, true, true);
                }
            }
            return true;
        }
        if (0..self.clients.len()).any(|number| self.consume_or_leave(CallId(number as u64))) {
            return true;
        }
        // A worker that is stuck waits for its test, not for the clock.
        let stuck = self.workers.values().any(|worker| worker.stuck);
        let Some(deadline) = self.state.next_deadline().filter(|_| !stuck) else { return false };
        let micros = deadline.saturating_sub(self.now).as_micros() as u64;
        self.pass_time(micros + 1);
        true
    }

    pub(super) fn check_end(&self) {
        self.books.check_end(&self.workers);
    }

    fn open(&mut self, spec: CallSpec, pace: Pace) {
        let call = CallId(self.clients.len() as u64);
        self.clients.push(Client { spec, pace, open: true, submitted: 0, taken: 0 });
        if self.books.stopped {
            self.clients.pop();
            return;
        }
        self.tell(Input::Open { call, spec });
    }

    /// More tasks, if the consumer does not set the pace.
    fn append_some(&mut self, id: CallId, count: u64) {
        let client = &self.clients[id.0 as usize];
        match client.spec.paced {
            true => drop(self.consume(id)),
            false if client.open => self.append(id, count),
            false => {}
        }
    }

    pub(super) fn append(&mut self, call: CallId, count: u64) {
        self.clients[call.0 as usize].submitted += count;
        self.tell(Input::Append { call, count });
    }

    /// A task whose argument cannot be sent.
    fn refuse(&mut self, call: CallId) {
        let client = &mut self.clients[call.0 as usize];
        if client.spec.paced && client.submitted - client.taken >= client.pace.window {
            return;
        }
        client.submitted += 1;
        self.tell(Input::Refuse { call, kind: TaskErrorKind::Encode("unwritable".to_owned()) });
    }

    /// The consumer of a paced call takes an outcome if the next one is there, or has the source pulled if the window has
    /// room; `false` when it can only wait.
    fn consume(&mut self, id: CallId) -> bool {
        let client = &mut self.clients[id.0 as usize];
        if !client.open || !client.spec.paced || self.books.stopped {
            return false;
        }
        let call = &self.books.calls[id.0 as usize];
        let there = match client.pace.ordered {
            true => {
                let next = call.tasks.get(client.taken as usize);
                next.is_some_and(|task| task.place == Place::Done)
            }
            false => call.done > client.taken,
        };
        let under_way = client.submitted - client.taken;
        if there {
            client.taken += 1;
        } else if under_way < client.pace.window && !call.ended {
            self.append(id, 1);
        } else {
            return false;
        }
        true
    }

    /// At the end: a consumer takes what it wants, and then drops its iterator.
    fn consume_or_leave(&mut self, id: CallId) -> bool {
        let client = &self.clients[id.0 as usize];
        if !client.open {
            return false;
        }
        let ended = self.books.stopped || self.books.calls[id.0 as usize].ended;
        if ended || client.taken >= client.pace.wants {
            self.cancel(id, false);
            self.seal(id);
            return true;
        }
        let moves = self.consume(id);
        let still = self.workers.values().all(SimWorker::is_done);
        let waits_in_vain = !moves && still && self.state.next_deadline().is_none();
        assert!(!waits_in_vain, "the consumer of {id} waits for ever");
        moves
    }

    fn seal(&mut self, call: CallId) {
        self.clients[call.0 as usize].open = false;
        self.tell(Input::Seal { call });
    }

    fn cancel(&mut self, call: CallId, running: bool) {
        self.tell(Input::Cancel { call, running });
    }

    pub(super) fn pass_time(&mut self, micros: u64) {
        self.now += Duration::from_micros(micros);
        self.tell(Input::Tick);
    }
}
