//! The tasks that one worker has at hand, in the order in which it has them, kept as runs of consecutive ones.
//!
//! Must not know what becomes of them.

use std::collections::VecDeque;
use std::ops::Range;

use crate::ids::{CallId, TaskId};

/// Consecutive tasks of one call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Run {
    pub(crate) call: CallId,
    pub(crate) tasks: Range<u64>,
}

impl Run {
    pub(crate) fn len(&self) -> u64 {
        self.tasks.end - self.tasks.start
    }

    pub(crate) fn iter(&self) -> impl DoubleEndedIterator<Item = TaskId> + use<> {
        let call = self.call;
        self.tasks.clone().map(move |index| TaskId { call, index })
    }
}

/// What a worker has at hand.
#[derive(Debug, Default)]
pub(super) struct Hand {
    runs: VecDeque<Run>,
    count: u64,
}

impl Hand {
    pub(super) fn push(&mut self, run: Run) {
        self.count += run.len();
        match self.runs.back_mut() {
            Some(last) if last.call == run.call && last.tasks.end == run.tasks.start => {
                last.tasks.end = run.tasks.end;
            }
            _ => self.runs.push_back(run),
        }
    }

    /// How many tasks there are.
    pub(super) fn len(&self) -> u64 {
        self.count
    }

    pub(super) fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// The one that runs, or will run next.
    pub(super) fn first(&self) -> Option<TaskId> {
        self.runs.front().map(|run| TaskId { call: run.call, index: run.tasks.start })
    }

    pub(super) fn has_tasks_of(&self, call: CallId) -> bool {
        self.runs.iter().any(|run| run.call == call)
    }

    /// All tasks, in order.
    pub(super) fn iter(&self) -> impl DoubleEndedIterator<Item = TaskId> {
        self.runs.iter().flat_map(Run::iter)
    }

    /// Takes `count` tasks, from `task` on, out of wherever they are; says how many were there.
    pub(super) fn remove(&mut self, task: TaskId, count: u64) -> u64 {
        let wanted = task.index..task.index.saturating_add(count);
        // Tasks end in order, so this is the first run, or else all of them are looked through.
        let first = self.runs.front_mut().filter(|run| run.call == task.call);
        let removed = match first {
            Some(run) if run.tasks.start == wanted.start && wanted.end <= run.tasks.end => {
                run.tasks.start = wanted.end;
                if run.tasks.is_empty() {
                    self.runs.pop_front();
                }
                count
            }
            _ => self.cut(task.call, &wanted),
        };
        self.count -= removed;
        removed
    }

    fn cut(&mut self, call: CallId, wanted: &Range<u64>) -> u64 {
        let mut removed = 0;
        let runs = std::mem::take(&mut self.runs);
        for Run { call: of, tasks } in runs {
            let cut = tasks.start.max(wanted.start)..tasks.end.min(wanted.end);
            let parts = if of == call && !cut.is_empty() {
                removed += cut.end - cut.start;
                [tasks.start..cut.start, cut.end..tasks.end]
            } else {
                [tasks, 0..0]
            };
            let left = parts.into_iter().filter(|tasks| !tasks.is_empty());
            self.runs.extend(left.map(|tasks| Run { call: of, tasks }));
        }
        removed
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn task(call: u64, index: u64) -> TaskId {
        TaskId { call: CallId(call), index }
    }

    proptest! {
        /// A hand does what a plain list of tasks would do.
        #[test]
        fn a_hand_is_a_list_of_tasks(
            pushed in proptest::collection::vec((0_u64..2, 1_u64..5), 0..6),
            removed in proptest::collection::vec((0_u64..2, 0_u64..20, 1_u64..4), 0..8),
        ) {
            let (mut hand, mut list, mut next) = (Hand::default(), Vec::new(), [0; 2]);
            for (call, count) in pushed {
                let start = next[call as usize];
                next[call as usize] += count;
                hand.push(Run { call: CallId(call), tasks: start..start + count });
                list.extend((start..start + count).map(|index| task(call, index)));
            }
            for (call, index, count) in removed {
                let before = list.len();
                list.retain(|t| t.call.0 != call || !(index..index + count).contains(&t.index));
                let removed = hand.remove(task(call, index), count);
                prop_assert_eq!(removed, (before - list.len()) as u64);
                prop_assert_eq!(hand.len(), list.len() as u64);
                prop_assert_eq!(hand.first(), list.first().copied());
                prop_assert_eq!(hand.has_tasks_of(CallId(0)), list.iter().any(|t| t.call.0 == 0));
            }
            prop_assert_eq!(hand.iter().collect::<Vec<_>>(), list.clone());
            list.reverse();
            prop_assert_eq!(hand.iter().rev().collect::<Vec<_>>(), list);
        }
    }
}
