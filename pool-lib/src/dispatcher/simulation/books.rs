//! Books kept beside the machine, from what it is told and what it orders: where each task is, what each worker has, and how
//! each attempt ended.
//!
//! Must not look into the machine, or judge it: that is up to the promises.

use std::time::Duration;

use super::super::input::{Input, Limits};
use super::pages::{CallBook, Place, TaskBook, WorkerBook};
use super::sim_worker::Output;
use crate::error::{StartFailure, TaskErrorKind, WorkerExit};
use crate::ids::{CallId, TaskId, WorkerId};

/// As many workers in a row may end before they are ready: more than there are places by this, and
/// so many times over once one was ready.
const SPARE: u32 = 4;
const ROUNDS: u32 = 5;
/// How long a worker may take to begin what it has.
pub(super) const BEGINNING: Duration = Duration::from_secs(1);
/// How often it may be given tasks before it does anything.
const VAIN: u32 = 8;

#[derive(Debug)]
pub(super) struct Books {
    pub(super) limits: Limits,
    pub(super) now: Duration,
    pub(super) calls: Vec<CallBook>,
    pub(super) workers: Vec<WorkerBook>,
    pub(super) closing: bool,
    pub(super) terminated: bool,
    /// Too many workers have ended before they were ready, with this as the reason.
    pub(super) break_due: Option<StartFailure>,
    /// What the machine makes of it.
    pub(super) broken: Option<TaskErrorKind>,
    pub(super) starting_stopped: bool,
    pub(super) stopped: bool,
    pub(super) fruitless: u32,
    pub(super) stillborn: u32,
    pub(super) proven: bool,
    pub(super) generations: Vec<u32>,
    /// Counts what was handed out.
    pub(super) turn: u64,
    /// Counts what was heard.
    pub(super) event: u64,
    /// What the worker that is about to be reported down was in.
    pub(super) inside: Option<TaskId>,
    pub(super) ticked: bool,
}

impl Books {
    pub(super) fn new(limits: Limits) -> Self {
        Self {
            limits,
            now: Duration::ZERO,
            calls: Vec::new(),
            workers: Vec::new(),
            closing: false,
            terminated: false,
            break_due: None,
            broken: None,
            starting_stopped: false,
            stopped: false,
            fruitless: 0,
            stillborn: 0,
            proven: false,
            generations: vec![0; limits.processes as usize],
            turn: 1,
            event: 0,
            inside: None,
            ticked: false,
        }
    }

    pub(super) fn call(&mut self, id: CallId) -> &mut CallBook {
        &mut self.calls[id.0 as usize]
    }

    pub(super) fn task(&mut self, id: TaskId) -> &mut TaskBook {
        &mut self.calls[id.call.0 as usize].tasks[id.index as usize]
    }

    pub(super) fn page(&self, id: WorkerId) -> &WorkerBook {
        self.workers.iter().find(|worker| worker.id == id).expect("it is there")
    }

    pub(super) fn worker(&mut self, id: WorkerId) -> &mut WorkerBook {
        let found = self.workers.iter_mut().find(|worker| worker.id == id);
        found.unwrap_or_else(|| panic!("{id} is not there"))
    }

    pub(super) fn is_ending(&self) -> bool {
        self.terminated || self.broken.is_some()
    }

    pub(super) fn is_over_when_idle(&self) -> bool {
        self.closing && self.calls.iter().all(|call| call.ended)
    }

    /// Moves a task, and keeps the counts.
    pub(super) fn put(&mut self, id: TaskId, place: Place) {
        let turn = self.turn;
        let call = &mut self.calls[id.call.0 as usize];
        let task = &mut call.tasks[id.index as usize];
        let before = std::mem::replace(&mut task.place, place);
        let sent_before = task.sent_before;
        task.sent_before |= matches!(place, Place::With(_));
        let idle = call.fresh + call.back == 0;
        if before == Place::Waiting {
            *(if sent_before { &mut call.back } else { &mut call.fresh }) -= 1;
        }
        if place == Place::Waiting {
            *(if sent_before { &mut call.back } else { &mut call.fresh }) += 1;
            if idle {
                call.waiting_since = turn;
            }
        }
        call.done += u64::from(place == Place::Done);
    }

    /// Notes what the machine is about to be told.
    pub(super) fn heard(&mut self, now: Duration, input: &Input<Output>) {
        self.now = now;
        self.event += 1;
        self.ticked = matches!(input, Input::Tick);
        match input {
            Input::Open { spec, .. } => {
                let late = self.closing || self.is_ending();
                self.calls.push(CallBook { spec: *spec, late, ..CallBook::default() });
            }
            Input::Append { call, count } => (0..*count).for_each(|_| self.append(*call, None)),
            Input::Refuse { call, kind } => self.append(*call, Some(kind.clone())),
            Input::Seal { call } => {
                let call = self.call(*call);
                call.sealed |= !call.ended;
            }
            Input::Cancel { call, running } => {
                let call = self.call(*call);
                if !call.ended {
                    call.cancelled = Some(*running || call.cancelled == Some(true));
                }
            }
            Input::Close => self.close(),
            Input::Drain if self.is_ending() => {}
            Input::Drain => {
                self.close();
                for call in self.calls.iter_mut().filter(|call| !call.ended) {
                    call.cancelled.get_or_insert(false);
                }
            }
            Input::Terminate => self.terminated |= self.broken.is_none(),
            Input::WorkerUp { worker } => {
                if !self.worker(*worker).leaving {
                    self.worker(*worker).up = true;
                    self.proven = true;
                    self.stillborn = 0;
                }
            }
            Input::TaskStarted { worker, task, at } => {
                let worker = self.worker(*worker);
                worker.started = Some((*task, *at));
                (worker.begin_by, worker.vain) = (None, 0);
                worker.spared = false;
                worker.useful = true;
            }
            Input::WorkerStirs { worker } => {
                let worker = self.worker(*worker);
                (worker.absent_since, worker.vain) = (None, 0);
                let waits = worker.begin_by.is_some() && !worker.has.is_empty();
                worker.begin_by = waits.then_some(now + BEGINNING);
            }
            Input::TasksFinished { worker, task, count, took, .. } => {
                self.timed(task.call, took.map(|took| took / *count as u32));
                self.finished(*worker, *task, *count);
            }
            Input::TakenBack { worker, tasks } => self.taken_back(*worker, tasks),
            Input::Spared { worker, .. } => {
                let worker = self.worker(*worker);
                worker.condemned = None;
                worker.spared = true; // what it was in has ended, so nothing is due any more
            }
            Input::WorkerGrown { worker, bytes } => {
                let limit = self.limits.memory_per_worker;
                self.worker(*worker).overgrown |= limit.is_some_and(|limit| *bytes > limit);
            }
            Input::WorkerDown { worker, exit, claimed, failure } => {
                self.down(*worker, *exit, !claimed.is_empty(), failure.as_ref());
            }
            Input::Tick => {}
        }
    }

    fn close(&mut self) {
        if !self.closing && !self.is_ending() {
            self.closing = true;
            let paced = self.calls.iter_mut().filter(|call| call.spec.paced);
            paced.for_each(|call| call.sealed = true);
        }
    }

    fn append(&mut self, id: CallId, refused: Option<TaskErrorKind>) {
        let (closing, ending) = (self.closing, self.is_ending());
        let call = self.call(id);
        if call.ended {
            return; // the machine does not know it any more
        }
        let turned_away = call.spec.paced && closing || ending;
        if refused.is_some() {
            call.fail();
        }
        let refused = refused.or(turned_away.then_some(TaskErrorKind::Closed));
        let index = call.tasks.len() as u64;
        let place = Place::Pending;
        let accepted = refused.is_none();
        call.tasks.push(TaskBook { place, refused, ..TaskBook::default() });
        if accepted {
            self.put(TaskId { call: id, index }, Place::Waiting);
        }
    }

    fn timed(&mut self, call: CallId, took: Option<Duration>) {
        let call = self.call(call);
        call.least_took = call.least_took.into_iter().chain(took).min();
        call.most_took = call.most_took.max(took);
    }

    fn finished(&mut self, id: WorkerId, task: TaskId, count: u64) {
        let now = self.now;
        let worker = self.worker(id);
        if worker.condemned.as_ref().is_some_and(|(condemned, _)| *condemned == task) {
            return; // it comes too late
        }
        let ended = (0..count).map(|n| TaskId { index: task.index + n, ..task });
        worker.has.retain(|has| !ended.clone().any(|task| task == *has));
        worker.started = None;
        worker.got_on = now;
        worker.begin_by = (!worker.has.is_empty()).then_some(now + BEGINNING);
        worker.asked_in_vain = false;
        worker.useful = true;
        worker.vain = 0;
        self.fruitless = 0;
        ended.for_each(|task| self.put(task, Place::Pending));
    }

    fn taken_back(&mut self, id: WorkerId, tasks: &[TaskId]) {
        let (event, now) = (self.event, self.now);
        let worker = self.worker(id);
        worker.asked_in_vain = tasks.is_empty() && !worker.asked_on_condition;
        worker.has.retain(|has| !tasks.contains(has));
        let by = worker.begin_by;
        let late = by.is_some_and(|by| by <= now);
        // The time goes on for one that has nothing left and has not stirred.
        worker.begin_by = by.filter(|_| worker.has.is_empty());
        if !tasks.is_empty() && worker.has.is_empty() {
            worker.vain += 1;
            if late || worker.vain >= VAIN {
                worker.absent_since = by.map(|by| by.max(now));
            }
        }
        // What is left was begun, whether or not the worker came to say so.
        let begun = worker.has.first().map(|task| (*task, now));
        worker.spared &= worker.started.is_some();
        worker.started = worker.started.or(begun);
        worker.taken -= tasks.len() as u64;
        for (place, task) in tasks.iter().enumerate() {
            self.put(*task, Place::Waiting);
            self.task(*task).came_back = (event, place);
        }
    }

    fn down(
        &mut self,
        id: WorkerId,
        exit: WorkerExit,
        claimed: bool,
        failure: Option<&StartFailure>,
    ) {
        let (event, ending, inside) = (self.event, self.is_ending(), self.inside.take());
        let place = self.workers.iter().position(|worker| worker.id == id).expect("it was there");
        let worker = self.workers.remove(place);
        for (place, task) in worker.has.iter().enumerate() {
            if Some(*task) == inside {
                let kind = match &worker.condemned {
                    Some((_, kind)) => kind.clone(),
                    None if ending => Some(TaskErrorKind::Cancelled),
                    None => Some(TaskErrorKind::WorkerDied(exit)),
                };
                self.put(*task, Place::Pending);
                self.task(*task).ends.push(kind);
            } else {
                self.put(*task, Place::Waiting);
                let book = self.task(*task);
                book.strikes += u32::from(place == 0 && inside.is_none() && !ending);
                book.came_back = (event, place);
            }
        }
        if worker.useful || claimed {
            self.fruitless = 0;
        } else if !worker.leaving {
            self.fruitless += 1;
            self.count_stillborn(&worker, exit, failure);
        }
    }

    fn count_stillborn(
        &mut self,
        worker: &WorkerBook,
        exit: WorkerExit,
        failure: Option<&StartFailure>,
    ) {
        if worker.up {
            return;
        }
        self.stillborn += 1;
        let rounds = if self.proven { ROUNDS } else { 1 };
        let nobody = !self.workers.iter().any(|worker| worker.up && !worker.leaving);
        if nobody && self.stillborn >= self.limits.processes * rounds + SPARE && !self.is_ending() {
            self.break_due = Some(failure.cloned().unwrap_or(StartFailure::Ended(exit)));
        }
    }
}
