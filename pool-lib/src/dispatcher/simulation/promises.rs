//! What a pool promises, held against every command that the machine gives.
//!
//! Must not drive anything: it watches.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::super::hand::Run;
use super::super::input::{CallSpec, Command, Limits, Outcome};
use super::super::state::State;
use super::sim_worker::{Output, SimWorker};
use crate::error::{Started, TaskErrorKind};
use crate::ids::{CallId, TaskId, WorkerId};

#[derive(Debug, Default)]
struct Record {
    spec: CallSpec,
    tasks: u64,
    sealed: bool,
    ended: bool,
    /// Whether cancelled, and whether together with what runs.
    cancelled: Option<bool>,
    /// Whether a task of it has failed.
    failed: bool,
    /// Sent, come back, and not sent again.
    back: BTreeSet<u64>,
    /// The highest task that was ever sent.
    highest_sent: Option<u64>,
}

#[derive(Debug)]
pub(super) struct Promises {
    limits: Limits,
    calls: BTreeMap<CallId, Record>,
    outcomes: BTreeMap<TaskId, bool>,
    /// How often each task was begun, and how often it was begun in a worker that then died in it.
    begun: BTreeMap<TaskId, u32>,
    died_in: BTreeMap<TaskId, u32>,
    /// Deaths of workers that had the task first in their queue and had not begun it.
    died_before: BTreeMap<TaskId, u32>,
    condemned: BTreeSet<WorkerId>,
    leaving: BTreeSet<WorkerId>,
    /// Known to have too much memory.
    overgrown: BTreeSet<WorkerId>,
    closing: bool,
    broken: bool,
    stopped: bool,
}

impl Promises {
    pub(super) fn new(limits: Limits) -> Self {
        Self {
            limits,
            calls: BTreeMap::new(),
            outcomes: BTreeMap::new(),
            begun: BTreeMap::new(),
            died_in: BTreeMap::new(),
            died_before: BTreeMap::new(),
            condemned: BTreeSet::new(),
            leaving: BTreeSet::new(),
            overgrown: BTreeSet::new(),
            closing: false,
            broken: false,
            stopped: false,
        }
    }

    pub(super) fn opened(&mut self, call: CallId, spec: CallSpec) {
        self.calls.insert(call, Record { spec, ..Record::default() });
    }

    pub(super) fn appended(&mut self, call: CallId, count: u64) {
        let record = self.calls.get_mut(&call).unwrap();
        // A paced call that the closing of the pool has ended takes no more; nothing counts there.
        if !record.ended && !self.stopped {
            record.tasks += count;
        }
    }

    pub(super) fn sealed(&mut self, call: CallId) {
        self.calls.get_mut(&call).unwrap().sealed = !self.stopped;
    }

    pub(super) fn cancelled(&mut self, call: CallId, running: bool) {
        if !self.stopped {
            let record = self.calls.get_mut(&call).unwrap();
            record.cancelled = Some(running || record.cancelled == Some(true));
        }
    }

    pub(super) fn closing(&mut self) {
        self.closing = true;
    }

    /// From here on no task that had not begun is sent: each call is one that was called off.
    pub(super) fn draining(&mut self) {
        self.closing = true;
        if !self.stopped {
            for record in self.calls.values_mut().filter(|record| !record.ended) {
                record.cancelled.get_or_insert(false);
            }
        }
    }

    pub(super) fn is_over(&self) -> bool {
        self.stopped
    }

    pub(super) fn condemned(&mut self, task: TaskId, ran: Duration) {
        let spec = self.calls[&task.call].spec;
        let late = spec.timeout.is_some_and(|timeout| ran >= timeout);
        assert!(late || self.is_called_off(task), "{task} is killed without a reason");
    }

    pub(super) fn begun(&mut self, worker: WorkerId, task: TaskId, in_this_worker: u64) {
        assert!(!self.outcomes.contains_key(&task), "{task} begins after it has its outcome");
        let begun = self.begun.entry(task).or_default();
        *begun += 1;
        let died = self.died_in.get(&task).copied().unwrap_or(0);
        assert_eq!(*begun, died + 1, "{task} begins again although no worker died in it");
        let retries = self.calls[&task.call].spec.retries;
        assert!(*begun <= retries + 1, "{task} is tried more often than allowed");
        if let Some(limit) = self.limits.tasks_per_worker {
            assert!(in_this_worker <= limit, "{worker} takes more tasks than it may");
        }
    }

    pub(super) fn grown(&mut self, worker: WorkerId, bytes: u64) {
        if self.limits.memory_per_worker.is_some_and(|limit| bytes > limit) {
            self.overgrown.insert(worker);
        }
    }

    /// Tasks that had been sent wait again.
    pub(super) fn came_back(&mut self, tasks: &[TaskId]) {
        for task in tasks.iter().filter(|task| !self.outcomes.contains_key(task)) {
            self.calls.get_mut(&task.call).unwrap().back.insert(task.index);
        }
    }

    /// A worker ended, in a task or between two.
    pub(super) fn died(&mut self, worker: &SimWorker, inside: Option<TaskId>) {
        match (inside, worker.queue.front()) {
            (Some(task), _) => *self.died_in.entry(task).or_default() += 1,
            (None, Some(first)) => *self.died_before.entry(*first).or_default() += 1,
            (None, None) => {}
        }
    }

    pub(super) fn command(
        &mut self,
        command: &Command<Output>,
        workers: &BTreeMap<WorkerId, SimWorker>,
    ) {
        assert!(!self.stopped, "after the end: {command:?}");
        match command {
            Command::Start { worker, .. } => {
                assert!(!workers.contains_key(worker), "{worker} is started twice");
                let staying =
                    workers.keys().filter(|worker| !self.leaving.contains(worker)).count();
                assert!(staying < self.limits.processes as usize, "too many workers");
            }
            Command::Send { worker, runs } => {
                self.sent(*worker, runs, workers);
            }
            Command::Kill { worker } | Command::Retire { worker } => {
                self.leaving.insert(*worker);
            }
            Command::KillIn { worker, .. } => {
                self.condemned.insert(*worker);
            }
            Command::Complete { task, outcome } => self.completed(*task, outcome),
            Command::Discard { call, tasks, kind } => {
                assert!(*kind != TaskErrorKind::Cancelled || tasks.start < tasks.end);
                for index in tasks.clone() {
                    let task = TaskId { call: *call, index };
                    assert!(
                        !self.died_in.contains_key(&task),
                        "{task} was tried, and is forgotten"
                    );
                    self.outcome(task, false);
                }
            }
            Command::Abandon { task, attempts, causes, .. } => {
                assert_eq!(self.died_in.get(task), Some(attempts), "{task}");
                assert_eq!(causes.len(), *attempts as usize, "{task}");
                self.outcome(*task, false);
            }
            Command::Ended { call } => {
                let record = self.calls.get_mut(call).unwrap();
                assert!(!record.ended, "{call} ends twice");
                record.ended = true;
                let outcomes = self.outcomes.keys().filter(|task| task.call == *call).count();
                assert_eq!(outcomes as u64, record.tasks, "{call} ends without all its outcomes");
            }
            Command::Broken { .. } => self.broken = true,
            Command::Stopped => {
                assert!(workers.is_empty(), "the pool stops before its workers have");
                self.stopped = true;
            }
            Command::Retry { task, .. } => self.came_back(&[*task]),
            Command::TakeBack { .. } | Command::StopStarting => {}
        }
    }

    fn sent(&mut self, worker: WorkerId, runs: &[Run], workers: &BTreeMap<WorkerId, SimWorker>) {
        let tasks: Vec<TaskId> = runs.iter().flat_map(Run::iter).collect();
        let simulated = &workers[&worker];
        assert!(simulated.up && !simulated.killed, "{worker} cannot take tasks");
        assert!(!self.leaving.contains(&worker), "{worker} is leaving and gets tasks");
        assert!(!self.overgrown.contains(&worker), "{worker} is too large and gets tasks");
        assert!(!tasks.is_empty());
        let called_off = self.is_called_off(tasks[0]);
        assert!(!called_off, "tasks of a call that was called off are sent");
        let record = self.calls.get_mut(&tasks[0].call).unwrap();
        // Chunks of one are sent several at a time, each a message of its own.
        if record.spec.chunk == Some(1) {
            assert!(runs.iter().all(|run| run.len() == 1), "a chunk larger than asked for");
        } else if let Some(chunk) = record.spec.chunk {
            assert!(tasks.len() <= chunk as usize, "a chunk larger than asked for");
            assert!(simulated.is_free(), "behind other work");
            // Parts are sent only where the whole cannot be had.
            let sealed = record.sealed || self.closing && record.spec.paced;
            let parts = sealed || self.limits.tasks_per_worker.is_some() || !record.back.is_empty();
            assert!(parts || tasks.len() == chunk as usize, "a part of a chunk is sent");
        }
        for task in &tasks {
            assert_eq!(task.call, tasks[0].call);
            assert!(!self.outcomes.contains_key(task), "{task} is sent after it has its outcome");
            let struck = self.died_before.get(task).copied().unwrap_or(0);
            assert!(struck < 3, "{task} goes on killing workers");
            record.back.remove(&task.index);
            if record.highest_sent.is_none_or(|highest| highest < task.index) {
                let next = record.highest_sent.map_or(0, |highest| highest + 1);
                // In the order of the input, but for those that were cancelled or refused.
                for skipped in next..task.index {
                    let skipped = TaskId { call: task.call, index: skipped };
                    assert!(
                        self.outcomes.contains_key(&skipped),
                        "{task} is sent before {skipped}"
                    );
                }
                record.highest_sent = Some(task.index);
            }
        }
    }

    fn completed(&mut self, task: TaskId, outcome: &Outcome<Output>) {
        match outcome {
            Outcome::Finished { output, attempts, .. } => {
                let (index, returned) = *output;
                assert_eq!(index, task.index, "the result of another task");
                assert_eq!(*attempts, self.begun[&task]);
                self.outcome(task, returned);
                self.calls.get_mut(&task.call).unwrap().failed |= !returned;
            }
            Outcome::Failed { kind, attempts, started, .. } => {
                let died = self.died_in.get(&task).copied().unwrap_or(0);
                let struck = self.died_before.get(&task).copied().unwrap_or(0);
                match started {
                    Started::Yes => assert!(died > 0, "{task} is blamed for a death in another"),
                    _ => assert!(struck >= 3, "{task} is given up without a reason"),
                }
                assert_eq!(*attempts, died);
                let retries = self.calls[&task.call].spec.retries;
                if matches!(kind, TaskErrorKind::WorkerDied(_)) && *started == Started::Yes {
                    assert!(self.closing || *attempts > retries || self.is_called_off(task));
                }
                self.outcome(task, false);
                self.calls.get_mut(&task.call).unwrap().failed = true;
            }
        }
    }

    /// Whether its call was cancelled: then it is not tried again.
    fn is_called_off(&self, task: TaskId) -> bool {
        let record = &self.calls[&task.call];
        record.cancelled.is_some() || record.spec.fail_fast && record.failed
    }

    fn outcome(&mut self, task: TaskId, returned: bool) {
        let twice = self.outcomes.insert(task, returned).is_some();
        assert!(!twice, "{task} has two outcomes");
        let record = self.calls.get_mut(&task.call).unwrap();
        record.back.remove(&task.index);
    }

    /// What holds whenever the machine has had its say.
    pub(super) fn after_each_step(
        &self,
        workers: &BTreeMap<WorkerId, SimWorker>,
        state: &State<Output>,
    ) {
        self.nobody_idles(workers, state);
        let staying = workers.keys().filter(|worker| !self.leaving.contains(worker)).count();
        if !self.closing && !self.broken {
            assert_eq!(staying, self.limits.processes as usize, "a place is empty");
        }
        for (worker, simulated) in workers {
            let leaves = simulated.killed || self.leaving.contains(worker);
            let goes = leaves || !simulated.is_done() || !self.overgrown.contains(worker);
            assert!(goes, "{worker} is too large and stays");
            if let Some((task, _)) = simulated.running
                && self.calls[&task.call].cancelled == Some(true)
            {
                let ending = simulated.killed || simulated.written || simulated.has_unheard_news();
                assert!(ending, "{worker} goes on with the cancelled {task}");
            }
        }
    }

    /// No worker is idle while a task waits that it could have.
    fn nobody_idles(&self, workers: &BTreeMap<WorkerId, SimWorker>, state: &State<Output>) {
        let idle = workers.iter().any(|(worker, simulated)| {
            simulated.up
                && !simulated.killed
                && !self.leaving.contains(worker)
                && simulated.queue.is_empty()
                && simulated.running.is_none()
                && state.has_nothing_for(*worker)
        });
        assert!(
            !idle || state.nothing_can_move(),
            "a worker is idle while a task waits: {state:?}"
        );
    }

    pub(super) fn returned(&self) -> usize {
        self.outcomes.values().filter(|returned| **returned).count()
    }

    pub(super) fn check_end(&self, workers: &BTreeMap<WorkerId, SimWorker>) {
        for (call, record) in &self.calls {
            for index in 0..record.tasks {
                let task = TaskId { call: *call, index };
                assert!(self.outcomes.contains_key(&task), "{task} has no outcome: {self:?}");
            }
            assert!(record.ended || !record.sealed, "{call} does not end: {self:?}");
        }
        if self.closing || self.broken {
            assert!(self.stopped && workers.is_empty(), "the pool does not end: {workers:?}");
        } else {
            assert_eq!(workers.len(), self.limits.processes as usize, "a place stays empty");
        }
    }
}
