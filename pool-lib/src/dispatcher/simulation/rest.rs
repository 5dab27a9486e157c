//! What holds whenever the machine has had its say, and when everything is over.
//!
//! Must not drive anything: it watches.

use std::collections::BTreeMap;
use std::time::Duration;

use super::books::Books;
use super::pages::{Place, WorkerBook};
use super::promises::{ABSENCE, PATIENCE, SOON};
use super::sim_worker::SimWorker;
use crate::ids::{TaskId, WorkerId};

impl Books {
    /// Everything that the machine was told has had its consequences; it wants to be woken `next`.
    pub(super) fn at_rest(&self, workers: &BTreeMap<WorkerId, SimWorker>, next: Option<Duration>) {
        if self.stopped {
            return;
        }
        self.calls_are_served();
        self.places_are_filled();
        self.workers_are_wanted();
        self.nobody_idles(next);
        self.nothing_is_late(next);
        self.what_is_called_off_ends(workers);
    }

    fn calls_are_served(&self) {
        for (number, call) in self.calls.iter().enumerate() {
            let open = call.tasks.len() as u64 - call.done;
            let with_workers = self.workers.iter().flat_map(|worker| &worker.has);
            let held = with_workers.filter(|task| task.call.0 == number as u64).count() as u64;
            assert_eq!(open, call.fresh + call.back + held, "call {number} lost a task");
            let off = call.is_called_off() || self.is_ending();
            assert!(!off || call.fresh + call.back == 0, "call {number} waits, though called off");
            let over = call.late || call.sealed && open == 0;
            assert_eq!(call.ended, over, "the end of call {number}");
        }
    }

    /// Each place has one worker, for as long as there is or may be work.
    fn places_are_filled(&self) {
        if self.is_ending() || self.is_over_when_idle() {
            return;
        }
        let staying = self.workers.iter().filter(|worker| !worker.leaving).count();
        assert_eq!(staying, self.limits.processes as usize, "a place is empty");
    }

    /// Nobody stays who is to go.
    fn workers_are_wanted(&self) {
        let ending = self.is_ending();
        let over = ending || self.is_over_when_idle();
        let limit = self.limits.tasks_per_worker;
        for worker in &self.workers {
            let id = worker.id;
            assert!(!over || worker.leaving, "{id} stays when all is over");
            let spent = worker.overgrown || limit.is_some_and(|limit| worker.taken >= limit);
            let idle = worker.up && worker.has.is_empty();
            assert!(!spent || !idle || worker.leaving, "{id} has had its share, and stays");
        }
        assert!(!over || !self.workers.is_empty(), "all is over, and the pool does not stop");
        assert_eq!(ending, self.starting_stopped, "whether workers are still started");
        assert_eq!(
            self.broken.is_some(),
            self.break_due.is_some(),
            "whether the pool has given up"
        );
    }

    /// No worker is idle while a task waits that it could have, here or behind another, unless that will soon be done; and that is
    /// looked at again.
    fn nobody_idles(&self, next: Option<Duration>) {
        let takes = |worker: &&_| WorkerBook::takes_tasks(worker, self.limits);
        let Some(idle) = self.workers.iter().filter(takes).find(|worker| worker.has.is_empty())
        else {
            return;
        };
        let id = idle.id;
        let waits = self.calls.iter().any(|call| !call.ended && call.can_be_served());
        assert!(!waits, "{id} is idle while a task waits");
        for other in &self.workers {
            let gives = other.up && !other.leaving && other.condemned.is_none();
            let asked = other.asked_in_vain || other.fixed || other.overgrown;
            let behind = gives && !asked && other.has.len() > 1;
            if !behind {
                continue;
            }
            let soon = self.is_soon_done(other, |call| call.least_took);
            assert!(soon, "{id} is idle while tasks wait behind another at {}", other.id);
            let looks = next.is_some_and(|next| next <= other.got_on + SOON);
            assert!(looks, "nobody looks whether {} has got on", other.id);
        }
    }

    /// Whoever runs too long is killed, and nobody is woken for nothing.
    fn nothing_is_late(&self, next: Option<Duration>) {
        let mut due: Option<Duration> = None;
        for worker in &self.workers {
            let timeout = |(task, at): (TaskId, Duration)| {
                let timeout = self.calls[task.call.0 as usize].spec.timeout?;
                (worker.condemned.is_none() && !worker.spared).then_some(at + timeout)
            };
            let runs = worker.started.filter(|_| !worker.leaving).and_then(timeout);
            let retires = worker.retired_at.map(|at| at + PATIENCE);
            let present = !worker.leaving && worker.condemned.is_none() && !worker.has.is_empty();
            let begins = worker.begin_by.filter(|_| present);
            let returns = worker.absent_since.map(|since| since + ABSENCE);
            due = [due, runs, retires, begins, returns].into_iter().flatten().min();
        }
        let Some(due) = due else { return };
        assert!(next.is_some_and(|next| next <= due), "something is due at {due:?}, not {next:?}");
        assert!(!self.ticked || due > self.now, "what was due at {due:?} is late");
    }

    /// Nothing goes on that was cancelled together with what runs, or whose pool is terminated.
    fn what_is_called_off_ends(&self, workers: &BTreeMap<WorkerId, SimWorker>) {
        for (id, worker) in workers {
            assert!(!self.is_ending() || worker.killed, "{id} survives the end of the pool");
            let Some((task, _)) = worker.running else { continue };
            if self.calls[task.call.0 as usize].is_called_off_at_once() {
                let ends = worker.killed || worker.written || worker.has_unheard_news();
                assert!(ends, "{id} goes on with {task}, which was called off");
            }
        }
    }

    pub(super) fn returned(&self) -> usize {
        let tasks = self.calls.iter().flat_map(|call| &call.tasks);
        tasks
            .filter(|task| task.place == Place::Done && task.begun as usize > task.ends.len())
            .count()
    }

    /// Nothing more can happen by itself.
    pub(super) fn check_end(&self, workers: &BTreeMap<WorkerId, SimWorker>) {
        if self.is_ending() || self.closing {
            assert!(self.stopped && workers.is_empty(), "the pool does not end: {workers:?}");
        }
        for (number, call) in self.calls.iter().enumerate() {
            let done = call.tasks.iter().all(|task| task.place == Place::Done);
            assert!(done, "call {number} lacks outcomes: {call:?}");
            assert!(call.ended || self.stopped, "call {number} does not end");
        }
    }
}
