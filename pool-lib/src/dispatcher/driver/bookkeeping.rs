//! What the driver keeps in mind for others: the arguments of tasks without an outcome, and which workers there are.
//!
//! Must not know scheduling.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::Arc;

use crate::ids::WorkerId;
use crate::task::{Batch, Payload};

/// The arguments of one call. A batch is let go when all its tasks have their outcomes.
#[derive(Default)]
pub(super) struct Arguments {
    /// By the index of their first task; how many of their tasks are without an outcome.
    batches: BTreeMap<u64, (Arc<Batch>, u64)>,
    count: u64,
}

impl Arguments {
    /// The next tasks have these arguments.
    pub(super) fn add(&mut self, batch: Arc<Batch>) {
        let count = batch.len() as u64;
        if count > 0 {
            self.batches.insert(self.count, (batch, count));
            self.count += count;
        }
    }

    /// The next task has none.
    pub(super) fn skip(&mut self) {
        self.count += 1;
    }

    /// The arguments of these tasks, as many as lie in one piece; `None` when there is none.
    pub(super) fn get(&self, tasks: Range<u64>) -> Option<Payload> {
        if tasks.is_empty() {
            return None;
        }
        let (first, (batch, _)) = self.batches.range(..=tasks.start).next_back()?;
        let place = usize::try_from(tasks.start - first).ok()?;
        let end = batch.len().min(usize::try_from(tasks.end - first).unwrap_or(usize::MAX));
        (place < end).then(|| Payload::of(batch, place..end))
    }

    /// Whether they are those of a single task.
    pub(super) fn are_of_one(&self) -> bool {
        self.batches.len() == 1 && self.batches.values().all(|(_, left)| *left == 1)
    }

    /// These tasks have their outcomes.
    pub(super) fn release(&mut self, mut tasks: Range<u64>) {
        while let Some((&first, (batch, left))) = self.batches.range_mut(..tasks.end).next_back() {
            let shared = tasks.end - tasks.start.max(first).min(first + batch.len() as u64);
            let beyond = tasks.end.saturating_sub(first + batch.len() as u64);
            *left -= shared.saturating_sub(beyond).min(*left);
            if *left == 0 {
                self.batches.remove(&first);
            }
            if first <= tasks.start {
                return;
            }
            tasks.end = first;
        }
    }
}

/// Which workers there are, and whether the pool has opened.
pub(super) struct Presence {
    pids: BTreeMap<WorkerId, u32>,
    /// The last one that ended: its tasks' errors still name it.
    last: Option<(WorkerId, u32)>,
    /// Places for which no worker has come or failed yet.
    untried: BTreeSet<u32>,
    /// Whether a worker has come only when it is ready: before, it runs an initializer, and that
    /// of one worker is enough to wait for.
    await_ready: bool,
    any_up: bool,
}

impl Presence {
    pub(super) fn new(processes: u32, await_ready: bool) -> Self {
        let untried = (0..processes).collect();
        Self { pids: BTreeMap::new(), last: None, untried, await_ready, any_up: false }
    }

    pub(super) fn greeted(&mut self, worker: WorkerId, pid: u32) {
        if !self.await_ready {
            self.untried.remove(&worker.slot);
        }
        self.pids.insert(worker, pid);
    }

    pub(super) fn up(&mut self, worker: WorkerId) {
        self.untried.remove(&worker.slot);
        self.any_up = true;
    }

    pub(super) fn failed(&mut self, worker: WorkerId) {
        self.untried.remove(&worker.slot);
        self.last = self.pids.remove(&worker).map(|pid| (worker, pid));
    }

    /// Whether every place was tried and a worker is ready.
    pub(super) fn is_open(&self) -> bool {
        self.any_up && self.untried.is_empty()
    }

    pub(super) fn pid(&self, worker: WorkerId) -> Option<u32> {
        let last = self.last.filter(|(last, _)| *last == worker).map(|(_, pid)| pid);
        self.pids.get(&worker).copied().or(last)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn batch(len: u64) -> Arc<Batch> {
        let mut batch = Batch::default();
        for number in 0..len {
            batch.push(&mut number.clone()).unwrap();
        }
        Arc::new(batch)
    }

    proptest! {
        #[test]
        fn batches_are_kept_exactly_as_long_as_they_are_needed(
            sizes in proptest::collection::vec(0_u64..6, 1..8),
            cuts in proptest::collection::vec(1_u64..7, 1..40),
        ) {
            let mut arguments = Arguments::default();
            let total = sizes.iter().sum::<u64>() + sizes.len() as u64;
            for size in &sizes {
                arguments.add(batch(*size));
                arguments.skip();
            }
            prop_assert_eq!(arguments.count, total);
            let mut start = 0;
            for cut in cuts.iter().cycle() {
                if start == total {
                    break;
                }
                let end = (start + cut).min(total);
                arguments.release(start..end);
                start = end;
                let kept: u64 = arguments.batches.values().map(|(_, left)| left).sum();
                let needed =
                    (start..total).filter(|n| arguments.get(*n..n + 1).is_some()).count();
                prop_assert_eq!(kept, needed as u64);
            }
            prop_assert!(arguments.batches.is_empty());
        }
    }
}
