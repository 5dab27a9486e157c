//! Outcomes of one call, decoded and put in the order of the input.
//!
//! Must not know where they come from.

use std::any::type_name;
use std::panic::{AssertUnwindSafe, catch_unwind};

use serde::de::DeserializeOwned;

use super::feeder::Feeder;
use crate::codec;
use crate::dispatcher::{Consumer, Delivery};
use crate::error::{Started, TaskError, TaskErrorKind};

/// Decodes one result. A `Deserialize` that panics fails its own task and no other.
pub(super) fn decode<R: DeserializeOwned>(index: usize, bytes: &[u8]) -> Result<R, TaskError> {
    let decoded = catch_unwind(AssertUnwindSafe(|| codec::decode(bytes))).unwrap_or_else(|_| {
        Err(format!("the Deserialize implementation of {} panicked", type_name::<R>()))
    });
    decoded.map_err(|why| {
        TaskError::new(TaskErrorKind::Decode(why), index).tried(1, Started::Yes, None)
    })
}

/// Collects outcomes as they come.
pub(super) struct Results<R> {
    values: Vec<Option<R>>,
    /// The error with the lowest index.
    error: Option<TaskError>,
    received: u64,
    /// Whether a cancellation is only a consequence of another error, which then counts more.
    fail_fast: bool,
}

impl<R: DeserializeOwned> Results<R> {
    pub(super) fn new(fail_fast: bool) -> Self {
        Self { values: Vec::new(), error: None, received: 0, fail_fast }
    }

    pub(super) fn take(&mut self, delivery: Delivery) {
        match delivery {
            Delivery::One(index, result) => {
                self.received += 1;
                let index = place(index);
                match result.and_then(|bytes| decode(index, &bytes)) {
                    Ok(value) => self.put(index, value),
                    Err(error) => self.fail(error),
                }
            }
            Delivery::Dropped(tasks, kind) => {
                self.received += tasks.end - tasks.start;
                self.fail(TaskError::new(kind, place(tasks.start)));
            }
        }
    }

    pub(super) fn received(&self) -> u64 {
        self.received
    }

    fn put(&mut self, index: usize, value: R) {
        if self.values.len() <= index {
            self.values.resize_with(index + 1, || None);
        }
        self.values[index] = Some(value);
    }

    fn fail(&mut self, error: TaskError) {
        let rank = |error: &TaskError| {
            let consequence = self.fail_fast && *error.kind() == TaskErrorKind::Cancelled;
            (consequence, error.index())
        };
        if self.error.as_ref().is_none_or(|best| rank(&error) < rank(best)) {
            self.error = Some(error);
        }
    }

    /// All results in order, or the error. `fate` is the error of a task of which nothing was heard.
    pub(super) fn finish(
        mut self,
        expected: u64,
        fate: TaskErrorKind,
    ) -> Result<Vec<R>, TaskError> {
        if self.received < expected && self.error.is_none() {
            let silent = self.values.iter().position(Option::is_none).unwrap_or(self.values.len());
            self.error = Some(TaskError::new(fate, silent));
        }
        match self.error {
            Some(error) => Err(error),
            None => Ok(self.values.into_iter().flatten().collect()),
        }
    }
}

/// Waits for all outcomes of a sealed call.
pub(crate) fn collect<R: DeserializeOwned>(
    feeder: &Feeder,
    consumer: &Consumer,
    fail_fast: bool,
) -> Result<Vec<R>, TaskError> {
    let mut results = Results::new(fail_fast);
    let mut arrived = Vec::new();
    let mut more = true;
    while more && results.received() < feeder.submitted() {
        more = consumer.wait(&mut arrived, None);
        arrived.drain(..).for_each(|delivery| results.take(delivery));
    }
    results.finish(feeder.submitted(), feeder.fate())
}

/// A task's index as a place in memory. Inputs that are collected fit into it.
pub(super) fn place(index: u64) -> usize {
    usize::try_from(index).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn results(fail_fast: bool, deliveries: Vec<Delivery>) -> Result<Vec<u8>, TaskError> {
        let mut results = Results::new(fail_fast);
        deliveries.into_iter().for_each(|delivery| results.take(delivery));
        results.finish(3, TaskErrorKind::Closed)
    }

    fn panicked(index: u64) -> Delivery {
        let kind = TaskErrorKind::Decode("x".into());
        Delivery::One(index, Err(TaskError::new(kind, place(index))))
    }

    #[test]
    fn results_come_in_the_order_of_the_input() {
        let deliveries = [2, 0, 1].map(|n| Delivery::One(n, Ok(vec![n as u8 * 10]))).into();
        assert_eq!(results(false, deliveries), Ok(vec![0, 10, 20]));
    }

    #[test]
    fn the_error_of_the_lowest_index_wins() {
        let error = results(false, vec![panicked(2), panicked(0), panicked(1)]).unwrap_err();
        assert_eq!(error.index(), 0);
    }

    #[test]
    fn a_cancellation_by_fail_fast_does_not_hide_its_cause() {
        let cancelled = || Delivery::Dropped(0..2, TaskErrorKind::Cancelled);
        assert_eq!(results(true, vec![cancelled(), panicked(2)]).unwrap_err().index(), 2);
        assert_eq!(results(false, vec![cancelled(), panicked(2)]).unwrap_err().index(), 0);
    }

    #[test]
    fn silence_is_an_error() {
        let error = results(false, vec![Delivery::One(0, Ok(vec![1]))]).unwrap_err();
        assert_eq!((error.index(), error.kind()), (1, &TaskErrorKind::Closed));
    }
}
