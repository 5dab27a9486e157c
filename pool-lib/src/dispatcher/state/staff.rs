//! Workers coming and going: who is started, retired, condemned and replaced, and how a pool ends.
//!
//! Must not know how tasks are shared out.

use std::time::Duration;

use super::assign::OVERDUE;
use super::{BEGIN_LIMIT, STRIKES, Stage, State};
use crate::dispatcher::input::Command;
use crate::dispatcher::member::{Member, Phase};
use crate::error::{StartFailure, Started, TaskErrorKind, WorkerExit};
use crate::ids::{CallId, TaskId, WorkerId};

/// So many workers more than there are places may end before they are ready, in a row and with
/// none left, until the pool gives up.
const SPARE_FAILURES: u32 = 4;
/// Once a worker was ready, all places may fail so often in a row: it can be done, then, and one
/// fork server that is killed takes along whatever it was asked for.
const ROUNDS: u32 = 5;
/// A retired worker that has not ended after this time is killed.
const RETIRE_LIMIT: Duration = Duration::from_secs(5);

impl<R> State<R> {
    /// Starts a worker for every free place that is wanted.
    pub(super) fn staff(&mut self) {
        let wanted = match self.stage {
            Stage::Open => true,
            Stage::Closing => !self.calls.is_empty(),
            Stage::Ending(_) | Stage::Stopped => false,
        };
        if !wanted {
            return;
        }
        for slot in 0..self.limits.processes {
            let taken = |(worker, member): (WorkerId, &Member)| {
                worker.slot == slot && member.phase != Phase::Leaving
            };
            if !self.members.iter().any(taken) {
                let generation = self.generations[slot as usize];
                self.generations[slot as usize] += 1;
                let worker = WorkerId { slot, generation };
                self.members.add(worker);
                self.commands.push(Command::Start { worker, fruitless: self.fruitless });
            }
        }
    }

    pub(super) fn worker_up(&mut self, worker: WorkerId) {
        if let Some(member) = self.members.get_mut(worker)
            && member.phase == Phase::Starting
        {
            member.phase = Phase::Up;
            self.proven = true;
            self.stillborn = 0;
        }
    }

    /// A worker that had been given up for the moment is there again; one that is slow gets more time.
    pub(super) fn worker_stirs(&mut self, worker: WorkerId) {
        if let Some(member) = self.members.get_mut(worker) {
            if member.overdue >= OVERDUE {
                return;
            }
            (member.absent_until, member.vain) = (None, 0);
            let waits = member.begin_by.is_some() && !member.is_idle();
            member.begin_by = waits.then_some(self.now + BEGIN_LIMIT);
        }
    }

    pub(super) fn spared(&mut self, worker: WorkerId, task: TaskId) {
        if let Some(member) = self.members.get_mut(worker)
            && member.condemned.as_ref().is_some_and(|(condemned, _)| *condemned == task)
        {
            member.condemned = None;
        }
    }

    pub(super) fn tick(&mut self) {
        let mut vacant = false;
        for (worker, member) in self.members.iter_mut() {
            let is_over = |time: Option<Duration>| time.is_some_and(|time| time <= self.now);
            if is_over(member.retire_by) || is_over(member.absent_until) {
                (member.retire_by, member.absent_until) = (None, None);
                // Its place is free at once: something in its way may also keep it from dying.
                member.phase = Phase::Leaving;
                vacant = true;
                self.commands.push(Command::Kill { worker });
            }
            if member.must_begin_by().is_some_and(|by| by <= self.now) {
                member.returning = true;
                let unless = member.assigned.first();
                self.commands.push(Command::TakeBack { worker, unless });
            }
            if member.deadline.is_none_or(|deadline| deadline > self.now) {
                continue;
            }
            member.deadline = None;
            let Some(task) = member.assigned.first() else { continue };
            let timeout = self.calls.get(&task.call).and_then(|call| call.spec.timeout);
            if let (Some(timeout), None) = (timeout, &member.condemned) {
                member.condemned = Some((task, TaskErrorKind::TimedOut(timeout)));
                self.commands.push(Command::KillIn { worker, task });
            }
        }
        if vacant {
            self.staff();
        }
    }

    /// Replaces a worker that has had its share of tasks or of memory.
    pub(super) fn retire_if_used_up(&mut self, worker: WorkerId) {
        let limit = self.limits.tasks_per_worker;
        if self.members.get(worker).is_some_and(|member| member.is_used_up(limit)) {
            self.retire(worker);
            self.staff();
        }
    }

    /// A worker that has grown too large keeps the task that it runs; what waits behind it goes to
    /// others, and then the worker is replaced.
    pub(super) fn worker_grown(&mut self, worker: WorkerId, bytes: u64) {
        let Some(member) = self.members.get_mut(worker) else { return };
        if self.limits.memory_per_worker.is_none_or(|limit| bytes <= limit) || member.overgrown {
            return;
        }
        member.overgrown = true;
        if member.phase == Phase::Up && !member.is_idle() && !member.returning {
            member.returning = true;
            self.commands.push(Command::TakeBack { worker, unless: None });
        }
        self.retire_if_used_up(worker);
    }

    fn retire(&mut self, worker: WorkerId) {
        if let Some(member) = self.members.get_mut(worker) {
            member.phase = Phase::Leaving;
            member.retire_by = Some(self.now + RETIRE_LIMIT);
            self.commands.push(Command::Retire { worker });
        }
    }

    pub(super) fn worker_down(
        &mut self,
        worker: WorkerId,
        exit: WorkerExit,
        claimed: &[TaskId],
        failure: Option<StartFailure>,
    ) {
        let Some(member) = self.members.remove(worker) else { return };
        self.count_loss(worker, &member, claimed, exit, failure);
        let first = member.assigned.first();
        // Last first, so that those that go back stand in the queue as they stood here.
        for task in member.assigned.iter().rev() {
            // A result that arrived too late has released the claim, and changes nothing.
            let condemned =
                member.condemned.as_ref().is_some_and(|(condemned, _)| *condemned == task);
            if condemned || claimed.contains(&task) {
                let kind = self.blame(&member, task, exit);
                self.attempt_failed(task, worker, kind);
            } else if claimed.is_empty() && Some(task) == first && self.strike(task) {
                self.give_up(task, worker, TaskErrorKind::WorkerDied(exit), Started::No);
            } else {
                self.come_back(task);
            }
        }
        self.staff();
    }

    /// What the error of a task is that ran in a worker when it ended.
    fn blame(&self, member: &Member, task: TaskId, exit: WorkerExit) -> TaskErrorKind {
        match &member.condemned {
            Some((condemned, kind)) if *condemned == task => kind.clone(),
            _ if matches!(self.stage, Stage::Ending(_)) => TaskErrorKind::Cancelled,
            _ => TaskErrorKind::WorkerDied(exit),
        }
    }

    /// Counts a death against a task that was next and had not begun; true when it was one too many.
    fn strike(&mut self, task: TaskId) -> bool {
        if self.stage != Stage::Open && self.stage != Stage::Closing {
            return false;
        }
        let Some(call) = self.calls.get_mut(&task.call) else { return false };
        let history = call.history(task.index);
        history.strikes += 1;
        history.strikes >= STRIKES && call.cancelled.is_none()
    }

    /// Keeps count of workers that were of no use, and gives up when there are too many.
    fn count_loss(
        &mut self,
        worker: WorkerId,
        member: &Member,
        claimed: &[TaskId],
        exit: WorkerExit,
        failure: Option<StartFailure>,
    ) {
        if member.useful || !claimed.is_empty() {
            self.fruitless = 0;
            return;
        }
        if member.phase == Phase::Leaving {
            return; // told to end, so its end is no loss
        }
        self.fruitless = self.fruitless.saturating_add(1);
        let is_starting = member.phase == Phase::Starting;
        // One for which no handle is to be had may have been ready for a moment.
        let failure = failure.or_else(|| is_starting.then_some(StartFailure::Ended(exit)));
        let Some(why) = failure else { return };
        self.commands.push(Command::StartFailed { worker, why: why.clone() });
        if is_starting {
            self.stillborn = self.stillborn.saturating_add(1);
            let rounds = if self.proven { ROUNDS } else { 1 };
            let places = self.limits.processes.saturating_mul(rounds);
            let limit = places.saturating_add(SPARE_FAILURES);
            let nobody = !self.members.members().any(|member| member.phase == Phase::Up);
            let accepting = matches!(self.stage, Stage::Open | Stage::Closing);
            if accepting && nobody && self.stillborn >= limit {
                let count = self.stillborn;
                let text = format!("{count} in a row failed; the last one: {why}");
                let kind = TaskErrorKind::NoWorkers(text);
                self.commands.push(Command::Broken { why, kind: kind.clone() });
                self.end(Some(kind));
            }
        }
    }

    pub(super) fn close(&mut self) {
        if self.stage == Stage::Open {
            self.stage = Stage::Closing;
            let paced: Vec<CallId> =
                self.calls.iter().filter(|(_, call)| call.spec.paced).map(|(id, _)| *id).collect();
            for id in paced {
                if let Some(call) = self.calls.get_mut(&id) {
                    call.refused = Some(TaskErrorKind::Closed);
                }
                self.seal(id);
            }
        }
    }

    /// Closes, and gives up what has not begun; what runs may finish.
    pub(super) fn drain(&mut self) {
        self.close();
        if self.stage == Stage::Closing {
            let calls: Vec<CallId> = self.calls.keys().copied().collect();
            calls.into_iter().for_each(|id| self.cancel(id, false));
        }
    }

    /// Ends everything as fast as possible: what waits fails, what runs is killed.
    pub(super) fn end(&mut self, why: Option<TaskErrorKind>) {
        if !matches!(self.stage, Stage::Open | Stage::Closing) {
            return;
        }
        self.stage = Stage::Ending(why.clone());
        let calls: Vec<CallId> = self.calls.keys().copied().collect();
        for id in calls {
            self.discard_waiting(id, why.as_ref().unwrap_or(&TaskErrorKind::Cancelled));
            if let Some(call) = self.calls.get_mut(&id) {
                call.refused.get_or_insert(why.clone().unwrap_or(TaskErrorKind::Closed));
            }
            self.settle(id);
        }
        for (worker, member) in self.members.iter_mut() {
            member.phase = Phase::Leaving;
            self.commands.push(Command::Kill { worker });
        }
        self.commands.push(Command::StopStarting);
    }

    /// Lets workers go when a closing pool has nothing left to do, and says when none is left.
    pub(super) fn wind_down(&mut self) {
        if self.stage == Stage::Closing && self.calls.is_empty() {
            let workers: Vec<WorkerId> = self
                .members
                .iter()
                .filter(|(_, member)| member.phase != Phase::Leaving)
                .map(|(worker, _)| worker)
                .collect();
            for worker in workers {
                self.dismiss(worker);
            }
        }
        let over = match self.stage {
            Stage::Closing => self.calls.is_empty(),
            Stage::Ending(_) => true,
            Stage::Open | Stage::Stopped => false,
        };
        if over && self.members.is_empty() {
            self.stage = Stage::Stopped;
            self.commands.push(Command::Stopped);
        }
    }

    fn dismiss(&mut self, worker: WorkerId) {
        let Some(member) = self.members.get_mut(worker) else { return };
        if member.phase == Phase::Up {
            self.retire(worker);
        } else {
            member.phase = Phase::Leaving;
            self.commands.push(Command::Kill { worker });
        }
    }
}
