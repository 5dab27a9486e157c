//! One call: which of its tasks wait, which have been tried, and how long they take.
//!
//! Must not know workers. Memory does not grow with the number of waiting tasks: they are ranges.

use std::collections::{BTreeMap, VecDeque};
use std::ops::Range;
use std::time::Duration;

use super::input::CallSpec;
use super::turns::{Place, Turns};
use crate::error::TaskErrorKind;
use crate::ids::CallId;

/// How much work a worker should have at hand, as time: enough to outlast the way to the pool and back.
const AT_HAND: Duration = Duration::from_millis(1);
/// The most tasks that a worker has at hand.
const MOST: u32 = 2048;
/// Tasks longer than this are handed out one by one: the way to the pool is nothing beside them.
const LONG: Duration = Duration::from_millis(20);

#[derive(Debug)]
pub(super) struct Call {
    pub(super) spec: CallSpec,
    pub(super) sealed: bool,
    /// Set when no more tasks may start; holds whether running ones are to be killed.
    pub(super) cancelled: Option<bool>,
    /// Set when the pool takes no more: every task that comes now fails with this.
    pub(super) refused: Option<TaskErrorKind>,
    /// Its turn.
    pub(super) place: Place,
    submitted: u64,
    resolved: u64,
    /// Never sent.
    fresh: VecDeque<Range<u64>>,
    /// Sent once and come back.
    again: VecDeque<u64>,
    waiting: u64,
    /// Of tasks that were tried and have no outcome yet.
    histories: BTreeMap<u64, History>,
    pace: Option<Duration>,
}

/// What a task has been through.
#[derive(Clone, Debug, Default)]
pub(super) struct History {
    /// Attempts that began.
    pub(super) attempts: u32,
    /// Deaths of a worker that had the task next and had not begun it.
    pub(super) strikes: u32,
    pub(super) causes: Vec<TaskErrorKind>,
}

impl Call {
    pub(super) fn new(spec: CallSpec) -> Self {
        Self {
            spec,
            sealed: false,
            cancelled: None,
            refused: None,
            place: Place::default(),
            submitted: 0,
            resolved: 0,
            fresh: VecDeque::new(),
            again: VecDeque::new(),
            waiting: 0,
            histories: BTreeMap::new(),
            pace: None,
        }
    }

    /// Numbers the next `count` tasks.
    pub(super) fn number(&mut self, count: u64) -> Range<u64> {
        let start = self.submitted;
        self.submitted += count;
        start..self.submitted
    }

    pub(super) fn queue(&mut self, tasks: Range<u64>) {
        self.waiting += tasks.end - tasks.start;
        match self.fresh.back_mut() {
            Some(last) if last.end == tasks.start => last.end = tasks.end,
            _ => self.fresh.push_back(tasks),
        }
    }

    /// Puts a task back in front of those that wait.
    pub(super) fn requeue(&mut self, index: u64) {
        self.waiting += 1;
        self.again.push_front(index);
    }

    /// How many tasks may be handed out together right now.
    pub(super) fn available(&self) -> u64 {
        let chunk = match self.spec.chunk {
            None | Some(1) => return self.waiting,
            Some(tasks) => u64::from(tasks),
        };
        let fresh = self.waiting - self.again.len() as u64;
        if !self.again.is_empty() {
            chunk.min(self.again.len() as u64)
        } else if fresh >= chunk || self.sealed || self.is_interrupted() {
            chunk.min(fresh)
        } else {
            0 // a chosen chunk is not sent in parts
        }
    }

    /// Whether the user has chosen chunks that must stay whole. Chunks of one cannot come apart, so as many of them are
    /// at hand as of tasks whose chunks we choose; only that each travels alone.
    pub(super) fn is_fixed(&self) -> bool {
        self.spec.chunk.is_some_and(|tasks| tasks > 1)
    }

    /// A worker with fewer tasks than this may have some, if there is anything to give.
    pub(super) fn below(&self) -> Option<u64> {
        let depth = if self.is_fixed() { 1 } else { u64::from(self.depth()) };
        // Filled up when half is used, so that tasks travel in groups; what goes out one by one, and chosen chunks, go to
        // idle workers only.
        let below = if depth == 1 { 1 } else { depth / 2 + 1 };
        (self.available() > 0).then_some(below)
    }

    /// Stands among the others where it belongs.
    pub(super) fn stand(&mut self, id: CallId, turns: &mut Turns) {
        let (waits, below) = (self.waiting > 0, self.below());
        turns.stand(id, &mut self.place, waits, below);
    }

    /// Whether a task that cannot be sent has come behind those that wait: it takes its place in the
    /// chunk, or a consumer whose window is full would wait for one that never becomes whole.
    fn is_interrupted(&self) -> bool {
        self.fresh.front().is_some_and(|first| first.end < self.submitted)
    }

    /// Tasks that wait, whether or not they may be handed out yet.
    pub(super) fn waiting(&self) -> u64 {
        self.waiting
    }

    /// Takes the next tasks from the queue that follow each other, `most` at the most.
    pub(super) fn take(&mut self, most: u64) -> Option<Range<u64>> {
        if most == 0 {
            return None;
        }
        let tasks = match self.again.pop_front() {
            Some(first) => {
                let mut tasks = first..first + 1;
                while tasks.end - tasks.start < most && self.again.front() == Some(&tasks.end) {
                    self.again.pop_front();
                    tasks.end += 1;
                }
                tasks
            }
            None => {
                let range = self.fresh.front_mut()?;
                let end = range.end.min(range.start.saturating_add(most));
                let tasks = std::mem::replace(&mut range.start, end)..end;
                if range.is_empty() {
                    self.fresh.pop_front();
                }
                tasks
            }
        };
        self.waiting -= tasks.end - tasks.start;
        Some(tasks)
    }

    /// Empties the queue.
    pub(super) fn take_all(&mut self) -> Vec<Range<u64>> {
        self.waiting = 0;
        let again = std::mem::take(&mut self.again).into_iter().map(|index| index..index + 1);
        again.chain(std::mem::take(&mut self.fresh)).collect()
    }

    /// Counts outcomes.
    pub(super) fn resolve(&mut self, count: u64) {
        self.resolved += count;
        debug_assert!(self.resolved <= self.submitted, "a task has one outcome");
    }

    /// Tasks without an outcome.
    #[cfg(test)]
    pub(super) fn unresolved(&self) -> u64 {
        self.submitted - self.resolved
    }

    pub(super) fn is_done(&self) -> bool {
        self.sealed && self.resolved == self.submitted
    }

    pub(super) fn history(&mut self, index: u64) -> &mut History {
        self.histories.entry(index).or_default()
    }

    /// The history of a task that has its outcome now.
    pub(super) fn take_history(&mut self, index: u64) -> History {
        self.histories.remove(&index).unwrap_or_default()
    }

    /// Of these tasks, which have their outcomes now, those that were tried, with their histories.
    pub(super) fn take_tried(&mut self, tasks: Range<u64>) -> Vec<(u64, History)> {
        let histories = self.histories.range(tasks);
        let tried = histories.filter(|(_, history)| history.attempts > 0).map(|(index, _)| *index);
        let tried: Vec<u64> = tried.collect();
        tried.into_iter().map(|index| (index, self.take_history(index))).collect()
    }

    /// Tasks that have results need no history.
    pub(super) fn forget(&mut self, tasks: Range<u64>) {
        while let Some(index) = self.histories.range(tasks.clone()).next().map(|(index, _)| *index)
        {
            self.histories.remove(&index);
        }
    }

    /// Learns from how long a task took.
    pub(super) fn learn(&mut self, took: Duration) {
        self.pace = Some(match self.pace {
            None => took,
            // Follows a change within some ten tasks, and is not thrown off by a single one.
            Some(pace) => (pace * 7 + took) / 8,
        });
    }

    /// How many of its tasks can be done within `time`; none, if nobody has timed them yet.
    pub(super) fn fit(&self, time: Duration) -> u64 {
        let fit = self.pace.map_or(0, |pace| time.as_nanos() / pace.as_nanos().max(1));
        u64::try_from(fit).unwrap_or(u64::MAX)
    }

    /// How many tasks a worker should have at hand.
    pub(super) fn depth(&self) -> u32 {
        match self.pace {
            // The first ones go out one by one: whether they are long is not known.
            None => 1,
            Some(pace) if pace > LONG => 1,
            Some(_) => u32::try_from(self.fit(AT_HAND)).unwrap_or(MOST).clamp(2, MOST),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_came_back_goes_out_before_what_never_went() {
        let mut call = Call::new(CallSpec::default());
        let tasks = call.number(4);
        call.queue(tasks);
        assert_eq!((call.take(2), call.take(1)), (Some(0..2), Some(2..3)));
        // Put back last first, as they were at a worker.
        [2, 1].into_iter().for_each(|index| call.requeue(index));
        assert_eq!((call.take(9), call.take(9), call.take(9)), (Some(1..3), Some(3..4), None));
        assert_eq!(call.waiting(), 0);
    }

    #[test]
    fn short_tasks_travel_in_groups_and_long_ones_alone() {
        let depth = |micros| {
            let mut call = Call::new(CallSpec::default());
            call.learn(Duration::from_micros(micros));
            call.depth()
        };
        assert_eq!(Call::new(CallSpec::default()).depth(), 1);
        assert_eq!([0, 1, 10, 700, 10_000, 50_000].map(depth), [2048, 1000, 100, 2, 2, 1]);
    }
}
