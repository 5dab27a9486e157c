//! Outcomes that have arrived together, given out one by one.
//!
//! Must not know who wants them.

use std::collections::BTreeMap;
use std::ops::Range;

use serde::de::DeserializeOwned;

use super::results::{decode, place};
use crate::dispatcher::Delivery;
use crate::error::{TaskError, TaskErrorKind};
use crate::task::Batch;

/// What is left of one delivery.
pub(super) struct Cursor {
    /// The task whose outcome is next.
    next: u64,
    what: What,
}

enum What {
    Returned { first: u64, results: Batch },
    Failed(Option<TaskError>),
    Dropped(Range<u64>, TaskErrorKind),
}

impl Cursor {
    pub(super) fn new(delivery: Delivery) -> Self {
        match delivery {
            Delivery::Returned(first, results) => {
                Self { next: first, what: What::Returned { first, results } }
            }
            Delivery::Failed(index, error) => Self { next: index, what: What::Failed(Some(error)) },
            Delivery::Dropped(tasks, kind) => {
                Self { next: tasks.start, what: What::Dropped(tasks, kind) }
            }
        }
    }

    /// The task whose outcome is given out next.
    pub(super) fn index(&self) -> u64 {
        self.next
    }

    /// The next outcome; `None` behind the last.
    pub(super) fn take<R: DeserializeOwned + 'static>(&mut self) -> Option<Result<R, TaskError>> {
        let index = self.next;
        let outcome = match &mut self.what {
            What::Returned { first, results } => {
                results.read(place(index - *first), |result| decode(place(index), result))?
            }
            What::Failed(error) => Err(error.take()?),
            What::Dropped(tasks, kind) if index < tasks.end => {
                Err(TaskError::new(kind.clone(), place(index)))
            }
            What::Dropped(..) => return None,
        };
        self.next += 1;
        Some(outcome)
    }
}

/// What has arrived, given out in the order of the input.
#[derive(Default)]
pub(super) struct InOrder {
    /// The next task's outcome comes from here, if it has arrived.
    current: Option<Cursor>,
    next: u64,
    /// Outcomes that came before their turn.
    early: BTreeMap<u64, Cursor>,
}

impl InOrder {
    pub(super) fn put(&mut self, cursor: Cursor) {
        self.early.insert(cursor.index(), cursor);
    }

    pub(super) fn take<R: DeserializeOwned + 'static>(&mut self) -> Option<Result<R, TaskError>> {
        loop {
            if let Some(outcome) = self.current.as_mut().and_then(Cursor::take) {
                self.next += 1;
                return Some(outcome);
            }
            self.current = Some(self.early.remove(&self.next)?);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(delivery: Delivery) -> Vec<Result<u8, usize>> {
        let mut cursor = Cursor::new(delivery);
        std::iter::from_fn(|| cursor.take::<u8>())
            .map(|outcome| outcome.map_err(|error| error.index()))
            .collect()
    }

    #[test]
    fn every_outcome_comes_out_once_with_its_index() {
        let mut results = Batch::default();
        [10_u8, 11].iter_mut().for_each(|value| results.push(value).unwrap());
        results.push_encoded(vec![1, 2].into(), Vec::new());
        assert_eq!(all(Delivery::Returned(5, results)), [Ok(10), Ok(11), Err(7)]);
        let error = TaskError::new(TaskErrorKind::Closed, 4);
        assert_eq!(all(Delivery::Failed(4, error)), [Err(4)]);
        assert_eq!(all(Delivery::Dropped(8..10, TaskErrorKind::Closed)), [Err(8), Err(9)]);
    }
}
