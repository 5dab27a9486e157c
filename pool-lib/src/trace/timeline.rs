//! Events as lanes: when each worker lived, when it ran what, and how much waited meanwhile.
//!
//! Must not know how a timeline is drawn.

use std::collections::BTreeMap;
use std::time::Duration;

use super::event::{Ending, Event, EventKind};
use crate::error::WorkerExit;
use crate::ids::{TaskId, WorkerId};

/// What happened in a pool, ordered by place and not by time: a lane for each of its `processes`.
///
/// Times are since the pool was built, as in [`Event::at`].
///
/// ```
/// let pool = pool_lib::Pool::builder().processes(2).trace(true).build()?;
/// pool.map(|n: u64| n + 1, 0..10)?;
/// let timeline = pool.trace().timeline();
/// let runs: usize = timeline.lanes.iter().map(|lane| lane.runs.len()).sum();
/// assert_eq!((timeline.lanes.len(), runs), (2, 10));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Timeline {
    /// One for each place that ever had a worker, by slot.
    pub lanes: Vec<Lane>,
    /// How many tasks waited for a worker, whenever that number changed.
    pub waiting: Vec<(Duration, u64)>,
    /// The time of the last event.
    pub end: Duration,
}

/// What happened at one place, whichever worker held it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Lane {
    /// The place: [`WorkerId::slot`].
    pub slot: u32,
    /// The workers that held it, one after the other.
    pub lives: Vec<Life>,
    /// The attempts at tasks, by the time when they began.
    pub runs: Vec<Run>,
}

/// One worker, from start to end.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Life {
    /// Which worker.
    pub worker: WorkerId,
    /// Its process id, unless it ended before it answered.
    pub pid: Option<u32>,
    /// When it answered; when it ended, if it never did.
    pub from: Duration,
    /// When and how it ended, if it has.
    pub end: Option<(Duration, WorkerExit)>,
    /// Whether it ended before its time: in the middle of a task, or so that another had to take its
    /// place. Recycling and the end of the pool are no deaths.
    pub is_death: bool,
}

/// One attempt at a task.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Run {
    /// Which task.
    pub task: TaskId,
    /// Where.
    pub worker: WorkerId,
    /// When it began.
    pub from: Duration,
    /// When it ended; for one that has not, the time of the last event.
    pub until: Duration,
    /// How it ended, if it has.
    pub ending: Option<Ending>,
}

/// Folds events that are sorted by time.
pub(super) fn timeline(events: &[Event]) -> Timeline {
    let mut fold = Fold::default();
    for event in events {
        fold.take(event);
    }
    fold.finish()
}

#[derive(Default)]
struct Fold {
    lanes: BTreeMap<u32, Lane>,
    running: BTreeMap<(WorkerId, TaskId), Duration>,
    waiting: Vec<(Duration, u64)>,
    queued: u64,
    end: Duration,
}

impl Fold {
    fn take(&mut self, event: &Event) {
        let at = event.at;
        self.end = at;
        match &event.kind {
            EventKind::WorkerStarted { worker, pid } => {
                let life =
                    Life { worker: *worker, pid: Some(*pid), from: at, end: None, is_death: false };
                self.lane(*worker).lives.push(life);
            }
            EventKind::WorkerEnded { worker, pid, exit } => self.end_life(at, *worker, *pid, *exit),
            EventKind::TasksSubmitted { count, .. } => self.queue(at, |queued| queued + count),
            EventKind::TaskRetried { .. } => self.queue(at, |queued| queued + 1),
            EventKind::TasksDropped { count, .. } => {
                self.queue(at, |queued| queued.saturating_sub(*count));
            }
            EventKind::TaskStarted { task, worker } => {
                self.running.insert((*worker, *task), at);
                self.queue(at, |queued| queued.saturating_sub(1));
            }
            EventKind::TaskEnded { task, worker, ending, took, .. } => {
                self.running.remove(&(*worker, *task));
                let from = at.saturating_sub(*took);
                let run =
                    Run { task: *task, worker: *worker, from, until: at, ending: Some(*ending) };
                self.lane(*worker).runs.push(run);
            }
            _ => {}
        }
    }

    fn lane(&mut self, worker: WorkerId) -> &mut Lane {
        let slot = worker.slot;
        self.lanes.entry(slot).or_insert_with(|| Lane { slot, ..Lane::default() })
    }

    fn queue(&mut self, at: Duration, change: impl FnOnce(u64) -> u64) {
        self.queued = change(self.queued);
        match self.waiting.last_mut() {
            Some((last, count)) if *last == at => *count = self.queued,
            _ => self.waiting.push((at, self.queued)),
        }
    }

    fn end_life(&mut self, at: Duration, worker: WorkerId, pid: Option<u32>, exit: WorkerExit) {
        let lives = &mut self.lane(worker).lives;
        match lives.iter_mut().rfind(|life| life.worker == worker) {
            Some(life) => life.end = Some((at, exit)),
            // It never answered.
            None => {
                lives.push(Life { worker, pid, from: at, end: Some((at, exit)), is_death: true })
            }
        }
    }

    fn finish(mut self) -> Timeline {
        for ((worker, task), from) in std::mem::take(&mut self.running) {
            let run = Run { task, worker, from, until: self.end, ending: None };
            self.lane(worker).runs.push(run);
        }
        let mut lanes: Vec<Lane> = self.lanes.into_values().collect();
        for lane in &mut lanes {
            lane.runs.sort_by_key(|run| run.from);
            lane.lives.sort_by_key(|life| life.worker.generation);
            mark_deaths(lane);
        }
        Timeline { lanes, waiting: self.waiting, end: self.end }
    }
}

/// A worker that is killed when its pool is over ends by a signal too, so the signal alone says nothing.
fn mark_deaths(lane: &mut Lane) {
    let last = lane.lives.len().saturating_sub(1);
    for (place, life) in lane.lives.iter_mut().enumerate() {
        let took_a_task_along = lane.runs.iter().any(|run| {
            let ending = run.ending;
            run.worker == life.worker
                && matches!(ending, Some(Ending::WorkerDied | Ending::TimedOut | Ending::Cancelled))
        });
        let was_replaced = place < last && !matches!(life.end, Some((_, WorkerExit::Code(0))));
        life.is_death |= life.end.is_some() && (took_a_task_along || was_replaced);
    }
}
