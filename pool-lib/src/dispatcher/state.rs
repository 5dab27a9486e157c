//! The state machine: takes one input at a time and appends commands.
//!
//! Holds the promises of the pool: each task has one outcome; a death blames the task that ran and no other; no worker is
//! idle while a task waits that it could have, unless that will be done before the worker could be woken.
//!
//! Must not know processes, bytes or the time of day: time is an argument.

use std::collections::BTreeMap;
use std::ops::Range;
use std::time::Duration;

use super::call::{Call, History};
use super::input::{CallSpec, Command, Input, Limits, Outcome};
use super::member::Member;
use super::roster::Roster;
use super::turns::Turns;
use crate::error::{Started, TaskErrorKind};
use crate::ids::{CallId, TaskId, WorkerId};

mod assign;
#[cfg(test)]
mod audit;
mod staff;
#[cfg(test)]
mod tests;

/// A task that was next in the queues of so many dying workers is given up, although none of them
/// had begun it: it may be the reason.
const STRIKES: u32 = 3;
/// A worker that could begin a task and has not after this time (it is stopped, say) has its tasks
/// taken back for others to do. Far beyond what a worker needs on a machine that is busy.
const BEGIN_LIMIT: Duration = Duration::from_secs(1);

#[derive(Debug)]
pub(crate) struct State<R> {
    limits: Limits,
    stage: Stage,
    /// Boxed, because a map of few takes room for eleven at once.
    calls: BTreeMap<CallId, Box<Call>>,
    turns: Turns,
    members: Roster,
    /// The next generation of each slot.
    generations: Vec<u32>,
    /// Whether a worker was ever ready.
    proven: bool,
    /// Workers in a row that ended before they were ready.
    stillborn: u32,
    /// Workers in a row that ended without having begun a task.
    fruitless: u32,
    commands: Vec<Command<R>>,
    now: Duration,
    /// When to look again whether work that waits behind another task has to be moved.
    balance_at: Option<Duration>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Stage {
    Open,
    /// Finishing what was accepted.
    Closing,
    /// Ending as fast as possible; `None` for a pool that was terminated, else why it broke.
    Ending(Option<TaskErrorKind>),
    Stopped,
}

/// Tasks that have ended in their worker.
struct Ended {
    /// The first of them.
    task: TaskId,
    count: u64,
    returned: bool,
    took: Option<Duration>,
}

impl<R> State<R> {
    /// A machine that begins by starting its workers.
    pub(crate) fn new(limits: Limits) -> Self {
        let mut state = Self {
            limits,
            stage: Stage::Open,
            calls: BTreeMap::new(),
            turns: Turns::default(),
            members: Roster::default(),
            generations: vec![0; limits.processes as usize],
            proven: false,
            stillborn: 0,
            fruitless: 0,
            commands: Vec::new(),
            now: Duration::ZERO,
            balance_at: None,
        };
        state.staff();
        state
    }

    pub(crate) fn has_commands(&self) -> bool {
        !self.commands.is_empty()
    }

    /// What is to be done since this was last asked; `next` is an empty list for what comes now.
    pub(crate) fn take_commands(&mut self, next: Vec<Command<R>>) -> Vec<Command<R>> {
        std::mem::replace(&mut self.commands, next)
    }

    /// When the next `Tick` is needed.
    pub(crate) fn next_deadline(&self) -> Option<Duration> {
        let times = self.members.members().filter_map(Member::next_deadline);
        times.chain(self.balance_at).min()
    }

    /// Takes in one piece of news.
    pub(crate) fn step(&mut self, now: Duration, input: Input<R>) {
        self.now = now;
        match input {
            Input::Open { call, spec } => self.open(call, spec),
            Input::Append { call, count } => self.append(call, count),
            Input::Refuse { call, kind } => self.refuse(call, kind),
            Input::Seal { call } => self.seal(call),
            Input::Cancel { call, running } => self.cancel(call, running),
            Input::Close => self.close(),
            Input::Drain => self.drain(),
            Input::Terminate => self.end(None),
            Input::WorkerUp { worker } => self.worker_up(worker),
            Input::WorkerStirs { worker } => self.worker_stirs(worker),
            Input::TaskStarted { worker, task, at } => self.task_started(worker, task, at),
            Input::TasksFinished { worker, task, count, returned, took, output } => {
                let ended = Ended { task, count, returned, took };
                self.tasks_finished(worker, ended, output);
            }
            Input::TakenBack { worker, tasks } => self.taken_back(worker, &tasks),
            Input::Spared { worker, task } => self.spared(worker, task),
            Input::WorkerGrown { worker, bytes } => self.worker_grown(worker, bytes),
            Input::WorkerDown { worker, exit, claimed, failure } => {
                self.worker_down(worker, exit, &claimed, failure);
            }
            Input::Tick => self.tick(),
        }
        self.assign();
        self.wind_down();
    }

    fn open(&mut self, call: CallId, spec: CallSpec) {
        if self.stage == Stage::Open {
            self.calls.insert(call, Box::new(Call::new(spec)));
        } else {
            // Not kept to refuse its tasks one by one: a closed pool would wait for its input.
            self.commands.push(Command::Ended { call });
        }
    }

    fn append(&mut self, id: CallId, count: u64) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        let tasks = call.number(count);
        let refused = call.refused.clone();
        match refused.or(call.cancelled.map(|_| TaskErrorKind::Cancelled)) {
            Some(kind) => {
                self.discard(id, tasks, &kind);
                self.settle(id);
            }
            None => self.enqueue(id, |call| call.queue(tasks)),
        }
    }

    fn refuse(&mut self, id: CallId, kind: TaskErrorKind) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        let tasks = call.number(1);
        // A chosen chunk that waits for more need not wait any longer.
        self.line_up(id);
        self.discard(id, tasks, &kind);
        self.failed(id);
        self.settle(id);
    }

    fn seal(&mut self, id: CallId) {
        if let Some(call) = self.calls.get_mut(&id) {
            call.sealed = true;
            self.line_up(id);
            self.settle(id);
        }
    }

    fn cancel(&mut self, id: CallId, running: bool) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        call.cancelled = Some(running || call.cancelled == Some(true));
        self.discard_waiting(id, &TaskErrorKind::Cancelled);
        for (worker, member) in self.members.iter_mut() {
            if member.has_tasks_of(id) && !member.returning && member.condemned.is_none() {
                member.returning = true;
                self.commands.push(Command::TakeBack { worker, unless: None });
            }
        }
        self.settle(id);
    }

    /// Gives all waiting tasks of a call the outcome `kind`.
    fn discard_waiting(&mut self, id: CallId, kind: &TaskErrorKind) {
        let Some(call) = self.calls.get_mut(&id).filter(|call| call.waiting() > 0) else { return };
        let tasks = call.take_all();
        self.line_up(id);
        tasks.into_iter().for_each(|tasks| self.discard(id, tasks, kind));
    }

    /// Gives tasks that are in no queue any more the outcome `kind`.
    fn discard(&mut self, id: CallId, tasks: Range<u64>, kind: &TaskErrorKind) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        call.resolve(tasks.end - tasks.start);
        let mut untried = tasks.start;
        for (index, History { attempts, causes, .. }) in call.take_tried(tasks.clone()) {
            self.commands.extend(discard_some(id, untried..index, kind));
            untried = index + 1;
            let (task, kind) = (TaskId { call: id, index }, kind.clone());
            self.commands.push(Command::Abandon { task, kind, attempts, causes });
        }
        self.commands.extend(discard_some(id, untried..tasks.end, kind));
    }

    fn task_started(&mut self, worker: WorkerId, task: TaskId, at: Duration) {
        let timeout = self.calls.get(&task.call).and_then(|call| call.spec.timeout);
        if let Some(member) = self.members.get_mut(worker)
            && member.assigned.first() == Some(task)
        {
            member.useful = true;
            (member.begin_by, member.vain) = (None, 0);
            member.overdue = 0;
            // A time that cannot be reckoned never comes.
            member.deadline = timeout.and_then(|timeout| at.checked_add(timeout));
        }
    }

    fn tasks_finished(&mut self, worker: WorkerId, ended: Ended, output: R) {
        let Ended { task, count, returned, took } = ended;
        let Some(member) = self.members.get_mut(worker) else { return };
        if member.condemned.as_ref().is_some_and(|(condemned, _)| *condemned == task) {
            return; // too late: its worker is being killed for it, and that is its outcome
        }
        if member.assigned.remove(task, count) == 0 {
            return; // heard before
        }
        member.deadline = None;
        member.got_on = self.now;
        member.begin_by = (!member.is_idle()).then_some(self.now + BEGIN_LIMIT);
        member.asked_in_vain = false;
        member.useful = true;
        member.vain = 0;
        member.overdue = 0;
        self.fruitless = 0;
        if let Some(call) = self.calls.get_mut(&task.call) {
            if let Some(took) = took {
                call.learn(took / u32::try_from(count).unwrap_or(u32::MAX).max(1));
                call.stand(task.call, &mut self.turns);
            }
            // Of several, all returned, and who has a result is not asked what came before it.
            let history = call.take_history(task.index);
            call.forget(task.index..task.index + count);
            let (attempts, causes) = (history.attempts + 1, history.causes);
            let outcome = Outcome::Finished { output, worker, attempts, causes };
            self.complete(task, count, outcome);
            if !returned {
                self.failed(task.call);
            }
        }
        // What it has begun meanwhile may belong to a call that was cancelled before.
        self.kill_if_cancelled(worker);
        self.retire_if_used_up(worker);
    }

    fn complete(&mut self, task: TaskId, count: u64, outcome: Outcome<R>) {
        if let Some(call) = self.calls.get_mut(&task.call) {
            call.resolve(count);
            self.commands.push(Command::Complete { task, outcome });
            self.settle(task.call);
        }
    }

    /// A task of this call has failed.
    fn failed(&mut self, id: CallId) {
        if self.calls.get(&id).is_some_and(|call| call.spec.fail_fast && call.cancelled.is_none()) {
            self.cancel(id, true);
        }
    }

    /// Ends the call if nothing of it is left.
    fn settle(&mut self, id: CallId) {
        if self.calls.get(&id).is_some_and(|call| call.is_done()) {
            self.calls.remove(&id);
            self.commands.push(Command::Ended { call: id });
        }
    }

    /// An attempt at a task has ended with its worker.
    fn attempt_failed(&mut self, task: TaskId, worker: WorkerId, kind: TaskErrorKind) {
        let ending = matches!(self.stage, Stage::Ending(_));
        let Some(call) = self.calls.get_mut(&task.call) else { return };
        let can_retry = !ending
            && call.cancelled.is_none()
            && matches!(kind, TaskErrorKind::WorkerDied(_) | TaskErrorKind::TimedOut(_));
        let retries = call.spec.retries;
        let history = call.history(task.index);
        history.attempts += 1;
        if can_retry && history.attempts <= retries {
            history.causes.push(kind.clone());
            self.enqueue(task.call, |call| call.requeue(task.index));
            self.commands.push(Command::Retry { task, worker, kind });
            return;
        }
        self.give_up(task, worker, kind, Started::Yes);
    }

    fn give_up(&mut self, task: TaskId, worker: WorkerId, kind: TaskErrorKind, started: Started) {
        let Some(call) = self.calls.get_mut(&task.call) else { return };
        let history = call.take_history(task.index);
        let (attempts, causes) = (history.attempts, history.causes);
        self.complete(task, 1, Outcome::Failed { kind, worker, attempts, started, causes });
        self.failed(task.call);
    }

    /// A task that was sent and not begun goes back to the queue, or ends with its call.
    fn come_back(&mut self, task: TaskId) {
        let ending = match &self.stage {
            Stage::Ending(kind) => Some(kind.clone().unwrap_or(TaskErrorKind::Cancelled)),
            _ => None,
        };
        let Some(call) = self.calls.get_mut(&task.call) else { return };
        match ending.or(call.cancelled.map(|_| TaskErrorKind::Cancelled)) {
            None => self.enqueue(task.call, |call| call.requeue(task.index)),
            Some(kind) => {
                self.discard(task.call, task.index..task.index + 1, &kind);
                self.settle(task.call);
            }
        }
    }
}

/// The command, unless there is no task.
fn discard_some<R>(call: CallId, tasks: Range<u64>, kind: &TaskErrorKind) -> Option<Command<R>> {
    (!tasks.is_empty()).then(|| Command::Discard { call, tasks, kind: kind.clone() })
}
