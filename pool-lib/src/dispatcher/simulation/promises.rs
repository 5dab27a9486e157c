//! What a pool promises, held against every command that the machine gives.
//!
//! Must not drive anything: it watches.

use std::time::Duration;

use super::super::hand::Run;
use super::super::input::{Command, Outcome};
use super::books::{BEGINNING, Books};
use super::pages::{CallBook, Place, WorkerBook};
use super::sim_worker::Output;
use crate::error::{Started, TaskErrorKind};
use crate::ids::{CallId, TaskId, WorkerId};

/// Deaths after which a task is given up that none of the dead had begun.
const STRIKES: u32 = 3;
/// How long a retired worker may take.
pub(super) const PATIENCE: Duration = Duration::from_secs(5);
/// How long a worker may be absent.
pub(super) const ABSENCE: Duration = Duration::from_secs(4);

/// What a worker may keep although others are idle takes no longer than this.
pub(super) const SOON: Duration = Duration::from_micros(50);

impl Books {
    /// Whether a worker gets on, and will soon have done what it has if each of its tasks takes as long as one did of which the
    /// pool was told: the shortest, or the longest.
    pub(super) fn is_soon_done(
        &self,
        worker: &WorkerBook,
        took: impl Fn(&CallBook) -> Option<Duration>,
    ) -> bool {
        let call = worker.has.first().map(|task| &self.calls[task.call.0 as usize]);
        let short = call.and_then(took).is_some_and(|took| took * worker.has.len() as u32 <= SOON);
        short && self.now < worker.got_on + SOON
    }

    /// A worker begins a task: the moment that cannot be taken back.
    pub(super) fn begun(&mut self, worker: WorkerId, task: TaskId, in_this_worker: u64) {
        let (now, retries) = (self.now, self.call(task.call).spec.retries);
        assert!(!self.call(task.call).is_called_off(), "{task} begins although it was called off");
        let limit = self.limits.tasks_per_worker;
        let book = self.task(task);
        assert_ne!(book.place, Place::Done, "{task} begins after it has its outcome");
        assert_eq!(book.begun as usize, book.ends.len(), "{task} begins for the second time");
        book.begun += 1;
        book.begun_at = now;
        assert!(book.begun <= retries + 1, "{task} is tried more often than allowed");
        let enough = limit.is_some_and(|limit| in_this_worker > limit);
        assert!(!enough, "{worker} takes more tasks than it may");
    }

    /// Checks a command, and notes it.
    pub(super) fn ordered(&mut self, command: &Command<Output>) {
        assert!(!self.stopped, "after the end: {command:?}");
        match command {
            Command::Start { worker, fruitless } => self.start(*worker, *fruitless),
            Command::Send { worker, runs } => self.send(*worker, runs),
            Command::TakeBack { worker, unless } => self.take_back(*worker, *unless),
            Command::KillIn { worker, task } => self.kill_in(*worker, *task),
            Command::Kill { worker } => self.kill(*worker),
            Command::Retire { worker } => self.retire(*worker),
            Command::StopStarting => {
                assert!(self.is_ending() && !self.starting_stopped);
                self.starting_stopped = true;
            }
            Command::Retry { task, kind, .. } => self.retry(*task, kind),
            Command::Complete { task, outcome } => self.complete(*task, outcome),
            Command::Discard { call, tasks, kind } => {
                assert!(!tasks.is_empty(), "nothing is discarded");
                tasks.clone().for_each(|index| self.discard(*call, index, kind));
            }
            Command::Abandon { task, kind, attempts, causes } => {
                self.check_called_off(*task, kind);
                let book = self.task(*task);
                assert_eq!(*attempts as usize, book.ends.len(), "attempts of {task}");
                assert!(*attempts > 0, "{task} was not tried");
                check_causes(*task, causes, &book.ends);
                self.done(*task);
            }
            Command::Ended { call } => {
                let record = self.call(*call);
                assert!(!record.ended, "{call} ends twice");
                assert_eq!(record.done, record.tasks.len() as u64, "{call} lacks outcomes");
                assert!(record.sealed || record.late, "{call} ends before its input");
                record.ended = true;
            }
            Command::Broken { kind, why } => {
                assert_eq!(Some(why), self.break_due.as_ref(), "given up without a reason");
                assert!(matches!(kind, TaskErrorKind::NoWorkers(_)), "given up with {kind}");
                self.broken = Some(kind.clone());
            }
            Command::Stopped => {
                assert!(self.workers.is_empty(), "the pool stops before its workers have");
                assert!(self.is_ending() || self.is_over_when_idle(), "it stops by itself");
                self.stopped = true;
            }
            Command::StartFailed { .. } => {}
        }
    }

    fn start(&mut self, id: WorkerId, fruitless: u32) {
        assert!(!self.is_ending() && !self.is_over_when_idle(), "{id} is not wanted any more");
        let mut staying = self.workers.iter().filter(|worker| !worker.leaving);
        assert!(staying.all(|worker| worker.id.slot != id.slot), "the place of {id} is taken");
        let next = &mut self.generations[id.slot as usize];
        assert_eq!(id.generation, *next, "{id} is not the next of its place");
        *next += 1;
        assert_eq!(fruitless, self.fruitless, "workers before {id} that were of no use");
        self.workers.push(WorkerBook::new(id));
    }

    fn send(&mut self, id: WorkerId, runs: &[Run]) {
        let (now, limits) = (self.now, self.limits);
        let tasks: &Vec<TaskId> = &runs.iter().flat_map(Run::iter).collect();
        let call = tasks.first().expect("something is sent").call;
        assert!(tasks.iter().all(|task| task.call == call), "tasks of two calls are sent together");
        let (chunk, fixed) = (self.call(call).spec.chunk, self.call(call).is_fixed());
        let longest = chunk.map_or(u64::MAX, u64::from);
        assert!(runs.iter().all(|run| (1..=longest).contains(&run.len())), "{runs:?} of {chunk:?}");
        let someone_idle = self.workers.iter().any(|w| w.has.is_empty() && w.takes_tasks(limits));
        let page = self.page(id);
        assert!(page.takes_tasks(limits), "{id} cannot take tasks");
        let was_idle = page.has.is_empty();
        let count = (page.has.len() + tasks.len()) as u32;
        let least = self.calls[call.0 as usize].least_took;
        let soon = least.is_some_and(|took| took * count <= SOON)
            && self.is_soon_done(page, |call| call.least_took);
        assert!(was_idle || !someone_idle || soon, "behind other work, while a worker is idle");
        let worker = self.worker(id);
        assert!(was_idle || !fixed && !worker.fixed, "behind or before a chosen chunk");
        worker.has.extend(tasks);
        worker.taken += tasks.len() as u64;
        worker.fixed = fixed;
        if was_idle {
            worker.got_on = now;
            worker.begin_by.get_or_insert(now + BEGINNING);
        }
        worker.asked_in_vain = false;
        let (taken, limit) = (worker.taken, limits.tasks_per_worker);
        assert!(limit.is_none_or(|limit| taken <= limit), "{id} is sent more than it may have");
        if let Some(chunk) = chunk.filter(|_| fixed) {
            self.check_chunk(call, tasks, chunk as usize, limit == Some(taken));
        }
        self.check_turn(call);
        let mut before: Option<TaskId> = None;
        for task in tasks {
            self.check_order(before, *task);
            self.put(*task, Place::With(id));
            before = Some(*task);
        }
        self.turn += 1;
        self.call(call).last_served = self.turn;
    }

    /// Tasks are asked back that may not begin, or for another worker, or since this one does not begin them.
    fn take_back(&mut self, id: WorkerId, unless: Option<TaskId>) {
        let (now, limits) = (self.now, self.limits);
        let someone_idle = self.workers.iter().any(|w| w.has.is_empty() && w.takes_tasks(limits));
        let held = self.worker(id).has.clone();
        let off = held.iter().any(|task| self.call(task.call).is_called_off());
        let soon = self.is_soon_done(self.page(id), |call| call.most_took);
        let worker = self.worker(id);
        assert!(worker.up && !held.is_empty(), "{id} has nothing to give back");
        worker.asked_on_condition = unless.is_some();
        let (late, alone) = (worker.begin_by.is_some_and(|by| by <= now), held.len() == 1);
        let shares = someone_idle && !worker.fixed && !alone && !worker.asked_in_vain && !soon;
        let reason = match unless {
            Some(task) => late && held.first() == Some(&task),
            None => off || worker.overgrown || shares,
        };
        assert!(reason, "{id} is asked for its tasks without a reason");
    }

    fn check_chunk(&mut self, call: CallId, tasks: &[TaskId], chunk: usize, spent: bool) {
        assert!(tasks.len() <= chunk, "a chunk larger than asked for");
        let record = self.call(call);
        // Parts are sent only where the whole cannot be had.
        let parts = record.may_be_parted() || record.back > 0 || spent;
        assert!(parts || tasks.len() == chunk, "a part of a chunk is sent");
    }

    /// Calls take turns: one that waited already when this one had its last turn comes first.
    fn check_turn(&self, id: CallId) {
        let call = &self.calls[id.0 as usize];
        let passed_over = self.calls.iter().any(|other| {
            other.can_be_served()
                && other.waiting_since < call.last_served
                && other.last_served < call.last_served
        });
        assert!(!passed_over, "{id} has another turn while others wait");
    }

    /// Tasks go out in the order of the input; those that came back go first, as they stood.
    fn check_order(&mut self, before: Option<TaskId>, task: TaskId) {
        let call = self.call(task.call);
        let index = task.index as usize;
        let book = &call.tasks[index];
        assert_eq!(book.place, Place::Waiting, "{task} does not wait");
        assert!(book.strikes < STRIKES, "{task} goes on killing workers");
        if book.sent_before {
            let before = before.map(|before| &call.tasks[before.index as usize]);
            let (event, place) = book.came_back;
            // Of what came back at the same time, the first goes first.
            let in_order = before
                .is_none_or(|before| before.came_back.0 != event || before.came_back.1 < place);
            assert!(in_order, "{task} goes out before what stood before it");
        } else {
            assert_eq!(call.back, 0, "{task} goes out before those that came back");
            let earlier = call.tasks[..index].iter().rev();
            let mut skipped = earlier.take_while(|task| !task.sent_before);
            let in_order = skipped.all(|task| task.place != Place::Waiting);
            assert!(in_order, "{task} is sent before an earlier one");
        }
        assert!(!call.is_called_off(), "{task} is sent although it was called off");
    }

    fn kill_in(&mut self, id: WorkerId, task: TaskId) {
        let (now, call) = (self.now, self.call(task.call));
        let off = call.is_called_off_at_once();
        let timeout = call.spec.timeout;
        let worker = self.worker(id);
        assert!(worker.condemned.is_none(), "{id} is killed twice");
        assert!(worker.has.contains(&task), "{id} does not have {task}");
        let since = self.task(task).begun_at;
        let late = timeout.filter(|timeout| since + *timeout <= now);
        let worker = self.worker(id);
        let kind = match (off, late) {
            (true, Some(_)) => None,
            (true, None) => Some(TaskErrorKind::Cancelled),
            (false, Some(timeout)) => Some(TaskErrorKind::TimedOut(timeout)),
            (false, None) => panic!("{id} is killed in {task} without a reason"),
        };
        worker.begin_by = worker.begin_by.filter(|_| !off);
        worker.condemned = Some((task, kind));
    }

    fn kill(&mut self, id: WorkerId) {
        let (now, ending, over) = (self.now, self.is_ending(), self.is_over_when_idle());
        let worker = self.worker(id);
        let slow = worker.retired_at.is_some_and(|at| at + PATIENCE <= now);
        let absent = worker.absent_since.is_some_and(|since| since + ABSENCE <= now);
        assert!(ending || slow || absent || over && !worker.up, "{id} is killed without a reason");
        worker.leaving = true;
        worker.retired_at = None;
        worker.absent_since = None;
    }

    fn retire(&mut self, id: WorkerId) {
        let (now, over, limit) = (self.now, self.is_over_when_idle(), self.limits.tasks_per_worker);
        let worker = self.worker(id);
        let spent = worker.overgrown || limit.is_some_and(|limit| worker.taken >= limit);
        assert!(worker.up && !worker.leaving, "{id} cannot be retired");
        assert!(worker.has.is_empty(), "{id} is retired with tasks");
        assert!(over || spent, "{id} is retired without a reason");
        worker.leaving = true;
        worker.retired_at = Some(now);
    }

    fn retry(&mut self, task: TaskId, kind: &TaskErrorKind) {
        let ending = self.is_ending();
        let call = self.call(task.call);
        let allowed = call.spec.retries as usize;
        assert!(!call.is_called_off() && !ending, "{task} is tried again, though called off");
        let book = self.task(task);
        assert_eq!(book.place, Place::Pending, "{task} is tried again, and has not failed");
        assert!(book.ends.len() <= allowed, "{task} is tried again too often");
        check_causes(task, std::slice::from_ref(kind), book.ends.last().as_slice());
        let again = matches!(kind, TaskErrorKind::WorkerDied(_) | TaskErrorKind::TimedOut(_));
        assert!(again, "{task} is tried again after {kind}");
        self.put(task, Place::Waiting);
        // It was first at its worker.
        let event = self.event;
        self.task(task).came_back = (event, 0);
    }

    fn complete(&mut self, task: TaskId, outcome: &Outcome<Output>) {
        let returned = match outcome {
            Outcome::Finished { output, attempts, causes, .. } => {
                let (index, count, returned) = *output;
                assert_eq!(index, task.index, "the result of another task");
                for index in index..index + count {
                    let task = TaskId { index, ..task };
                    assert_eq!(self.task(task).place, Place::Pending, "{task} has not ended");
                    self.done(task);
                }
                // Of several, all have results, and only the first is asked what came before.
                let book = self.task(task);
                assert_eq!(*attempts, book.begun, "attempts of {task}");
                check_causes(task, causes, &book.ends);
                returned
            }
            Outcome::Failed { kind, attempts, started, causes, .. } => {
                self.check_failure(task, kind, *started);
                let book = self.task(task);
                assert_eq!(*attempts as usize, book.ends.len(), "attempts of {task}");
                let last = usize::from(*started == Started::Yes);
                check_causes(task, causes, &book.ends[..book.ends.len() - last]);
                self.done(task);
                false
            }
        };
        if !returned {
            self.call(task.call).fail();
        }
    }

    fn check_failure(&mut self, task: TaskId, kind: &TaskErrorKind, started: Started) {
        let off = self.is_ending() || self.call(task.call).is_called_off();
        let allowed = self.call(task.call).spec.retries as usize;
        let book = self.task(task);
        if started == Started::Yes {
            assert_eq!(book.place, Place::Pending, "{task} has not failed");
            check_causes(task, std::slice::from_ref(kind), book.ends.last().as_slice());
            let again = matches!(kind, TaskErrorKind::WorkerDied(_) | TaskErrorKind::TimedOut(_));
            assert!(off || !again || book.ends.len() > allowed, "{task} is not tried again");
        } else {
            assert_eq!(book.place, Place::Waiting, "{task} has begun");
            assert!(book.strikes >= STRIKES && !off, "{task} is given up without a reason");
            assert!(matches!(kind, TaskErrorKind::WorkerDied(_)), "{task}: {kind}");
        }
    }

    fn discard(&mut self, call: CallId, index: u64, kind: &TaskErrorKind) {
        let task = TaskId { call, index };
        if let Some(refused) = self.task(task).refused.take() {
            let closed = *kind == TaskErrorKind::Closed || Some(kind) == self.broken.as_ref();
            assert!(*kind == refused || refused == TaskErrorKind::Closed && closed, "{kind}");
        } else {
            self.check_called_off(task, kind);
            let book = self.task(task);
            assert!(book.ends.is_empty(), "{task} was tried, and that is forgotten");
        }
        self.done(task);
    }

    /// A task that waits may have this outcome only if somebody called it off.
    fn check_called_off(&mut self, task: TaskId, kind: &TaskErrorKind) {
        let cancelled = self.terminated || self.call(task.call).is_called_off();
        let good = match kind {
            TaskErrorKind::Cancelled => cancelled,
            kind => Some(kind) == self.broken.as_ref(),
        };
        assert!(good, "{task} is called off by nobody: {kind}");
        assert_eq!(self.task(task).place, Place::Waiting, "{task} does not wait");
    }

    fn done(&mut self, task: TaskId) {
        assert_ne!(self.task(task).place, Place::Done, "{task} has two outcomes");
        self.put(task, Place::Done);
    }
}

/// The causes are what ended the attempts, one for one.
fn check_causes(
    task: TaskId,
    causes: &[TaskErrorKind],
    ends: &[impl std::borrow::Borrow<Option<TaskErrorKind>>],
) {
    assert_eq!(causes.len(), ends.len(), "causes of {task}");
    for (cause, end) in causes.iter().zip(ends) {
        let end: &Option<TaskErrorKind> = end.borrow();
        assert!(end.as_ref().is_none_or(|end| end == cause), "{task}: {cause}, not {end:?}");
    }
}
