//! What workers do, and what becomes of them.
//!
//! Must not know what the machine makes of it.

use super::super::input::Input;
use super::sim_worker::{News, Output};
use super::world::World;
use crate::error::{StartFailure, WorkerExit};
use crate::ids::{TaskId, WorkerId};

/// How much of what workers said is kept to be said once more.
const ECHOES: usize = 8;

impl World {
    pub(super) fn come_up(&mut self, worker: WorkerId) {
        let simulated = self.worker(worker);
        if !simulated.up && !simulated.stopped && !simulated.killed {
            simulated.up = true;
            self.hear(Input::WorkerUp { worker });
        }
    }

    /// One half of beginning: first the claim is taken, then the pool is told, if it wants to be.
    pub(super) fn begin(&mut self, worker: WorkerId) {
        let now = self.now;
        let simulated = self.worker(worker);
        if !simulated.acts() {
            return;
        }
        simulated.tell_beginning();
        if simulated.running.is_some() {
            return;
        }
        if std::mem::take(&mut simulated.skips) {
            simulated.outbox.push_back(News::Stirs);
            return;
        }
        let Some(task) = simulated.queue.pop_front() else { return };
        simulated.running = Some((task, now));
        simulated.begun += 1;
        if self.is_announced(task.call) {
            self.worker(worker).untold = Some(News::Started { task, at: now });
        }
        let simulated = self.worker(worker);
        let begun = simulated.begun;
        self.books.begun(worker, task, begun);
    }

    /// One half of ending: first the result leaves, then the claim is released.
    pub(super) fn end_task(&mut self, worker: WorkerId, returned: bool, in_rows: bool) {
        self.await_end(worker);
        let now = self.now;
        let simulated = self.worker(worker);
        let Some((task, since)) = simulated.running.filter(|_| simulated.acts()) else { return };
        simulated.tell_beginning();
        if simulated.written {
            simulated.written = false;
            simulated.running = None;
        } else {
            simulated.written = true;
            simulated.size += 5 + task.index % 40;
            simulated.finish(task, returned, now - since, in_rows);
        }
    }

    /// Lets so much time pass as the task of this worker still lasts.
    fn await_end(&mut self, worker: WorkerId) {
        let simulated = &self.workers[&worker];
        let Some((task, since)) = simulated.running.filter(|_| simulated.acts()) else { return };
        let left = (since + self.lasts(task.call)).saturating_sub(self.now);
        if !left.is_zero() {
            self.pass_time(left.as_micros() as u64);
        }
    }

    pub(super) fn deliver(&mut self, worker: WorkerId) {
        let simulated = self.worker(worker);
        match simulated.outbox.pop_front() {
            // Not kept to be heard again: it says that the worker runs now.
            Some(News::Stirs) => self.tell(Input::WorkerStirs { worker }),
            Some(News::Started { task, at }) => self.hear(Input::TaskStarted { worker, task, at }),
            Some(News::Grown { bytes }) => self.hear(Input::WorkerGrown { worker, bytes }),
            Some(News::Finished { task, count, returned, took }) => {
                simulated.delivered = Some(TaskId { index: task.index + count - 1, ..task });
                let (output, took) = ((task.index, count, returned), Some(took));
                self.hear(Input::TasksFinished { worker, task, count, returned, took, output });
            }
            None => {}
        }
    }

    /// The worker ends: what it had said before is heard first, as over a real link.
    pub(super) fn die(
        &mut self,
        worker: WorkerId,
        exit: WorkerExit,
        failure: Option<StartFailure>,
    ) {
        while self.workers[&worker].has_unheard_news() {
            self.deliver(worker);
        }
        let simulated = self.workers.remove(&worker).expect("chosen among them");
        // As over a real link: a claim whose result has arrived is nobody's any more.
        let running = simulated.running.map(|(task, _)| task);
        let claimed = running.filter(|task| simulated.delivered != Some(*task));
        self.books.inside = running.filter(|_| simulated.frozen).or(claimed);
        let claimed = claimed.into_iter().collect();
        self.hear(Input::WorkerDown { worker, exit, claimed, failure });
    }

    /// Takes along every worker that it was asked for and has not told of.
    pub(super) fn lose_fork_server(&mut self) {
        let lost: Vec<_> = self.workers.iter().filter(|(_, worker)| !worker.up).collect();
        let lost: Vec<_> = lost.into_iter().map(|(id, _)| *id).collect();
        lost.into_iter().for_each(|worker| self.die(worker, WorkerExit::Unknown, None));
    }

    /// News of a worker.
    fn hear(&mut self, input: Input<Output>) {
        self.keep(&input);
        self.tell(input);
    }

    pub(super) fn keep(&mut self, input: &Input<Output>) {
        if self.echoes.len() == ECHOES {
            self.echoes.remove(0);
        }
        self.echoes.push(input.clone());
    }

    /// Something that was heard before is heard again, perhaps from a worker that is gone: nothing may follow from it.
    pub(super) fn echo(&mut self, which: usize) {
        if self.books.stopped || self.echoes.is_empty() {
            return;
        }
        let input = self.echoes[which % self.echoes.len()].clone();
        self.say(&input);
        self.state.step(self.now, input.clone());
        let commands = self.state.take_commands(Vec::new());
        assert!(commands.is_empty(), "{input:?}, heard again, brings about {commands:?}");
        self.state.audit();
        self.books.at_rest(&self.workers, self.state.next_deadline());
    }

    /// Has a worker begin a task that it stays in, with others behind it.
    pub(super) fn begin_a_task_and_stick_to_it(&mut self) -> WorkerId {
        let id = *self.workers.keys().next().expect("workers are started at once");
        self.come_up(id);
        // The first tasks go out one by one; once they are known to be short, several wait here.
        while self.workers[&id].queue.len() < 3 {
            self.begin(id);
            self.pass_time(50);
            (0..2).for_each(|_| self.end_task(id, true, false));
            (0..3).for_each(|_| self.deliver(id));
        }
        self.begin(id);
        self.worker(id).stuck = true;
        id
    }

    /// Brings the first worker up, and stops it before it has had anything to do.
    pub(super) fn stop_an_idle_worker(&mut self) -> WorkerId {
        let id = *self.workers.keys().next().expect("workers are started at once");
        self.come_up(id);
        self.worker(id).stopped = true;
        id
    }

    pub(super) fn let_go(&mut self, worker: WorkerId) {
        self.worker(worker).stuck = false;
    }
}
