//! Outcomes of one call, decoded and put in the order of the input.
//!
//! Must not know where they come from.

use std::any::type_name;
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::feeder::Feeder;
use crate::codec;
use crate::dispatcher::{Consumer, Delivery};
use crate::error::{Started, TaskError, TaskErrorKind};
use crate::sys::Input;
use crate::task::{Batch, drop_panic};

/// About so many bytes of arguments of a map may be under way.
const AHEAD_BYTES: u64 = 64 << 20;
/// For more results than this, no room is set aside beforehand: an iterator can promise anything.
const FORESEEN: usize = 1 << 20;

/// Decodes one result. A `Deserialize` that panics fails its own task and no other.
pub(super) fn decode<R: DeserializeOwned + 'static>(
    index: usize,
    result: &mut Input<'_>,
) -> Result<R, TaskError> {
    let decoded = catch_unwind(AssertUnwindSafe(|| {
        codec::decode_with(&mut result.bytes, &mut result.beside)
    }))
    .unwrap_or_else(|panic| {
        drop_panic(panic);
        Err(format!("the Deserialize implementation of {} panicked", type_name::<R>()))
    });
    decoded.map_err(|why| {
        TaskError::new(TaskErrorKind::Decode(why), index).tried(1, Started::Yes, None)
    })
}

/// Collects outcomes as they come.
pub(super) struct Results<R> {
    /// Those of the first tasks, without a gap.
    values: Vec<R>,
    /// Those behind a gap, still encoded, by the index of the first.
    early: BTreeMap<u64, Batch>,
    /// The error with the lowest index.
    error: Option<TaskError>,
    received: u64,
    /// Whether a cancellation is only a consequence of another error, which then counts more.
    fail_fast: bool,
}

impl<R: DeserializeOwned + 'static> Results<R> {
    /// `expected` is how many there will be, as far as that is known.
    pub(super) fn new(fail_fast: bool, expected: usize) -> Self {
        let values = Vec::with_capacity(expected.min(FORESEEN));
        Self { values, early: BTreeMap::new(), error: None, received: 0, fail_fast }
    }

    pub(super) fn take(&mut self, delivery: Delivery) {
        self.received += delivery.count();
        match delivery {
            Delivery::Returned(first, results) => {
                // Nearly all come in order.
                if self.early.is_empty() && place(first) == self.values.len() {
                    self.unpack(place(first), results);
                } else {
                    self.early.insert(first, results);
                    self.close_up();
                }
            }
            Delivery::Failed(_, error) => self.fail(error),
            Delivery::Dropped(tasks, kind) => {
                self.fail(TaskError::new(kind, place(tasks.start)));
            }
        }
    }

    pub(super) fn received(&self) -> u64 {
        self.received
    }

    /// Decodes what has no gap before it any more; behind an error, everything, because there will be no
    /// list, and only whether one before it fails as well is still of interest.
    fn close_up(&mut self) {
        while let Some(entry) = self.early.first_entry() {
            let first = place(*entry.key());
            if self.error.is_none() && first != self.values.len() {
                return;
            }
            let results = entry.remove();
            self.unpack(first, results);
        }
    }

    fn unpack(&mut self, first: usize, mut results: Batch) {
        for place in 0..results.len() {
            let decoded = results.read(place, |result| decode(first + place, result));
            match decoded.expect("there are so many") {
                Ok(value) if self.error.is_none() => self.values.push(value),
                Ok(_) => {}
                Err(error) => self.note(error),
            }
        }
    }

    fn fail(&mut self, error: TaskError) {
        self.note(error);
        self.close_up();
    }

    fn note(&mut self, error: TaskError) {
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
            self.note(TaskError::new(fate, self.values.len()));
        }
        match self.error {
            Some(error) => Err(error),
            None => Ok(self.values),
        }
    }
}

/// How many tasks of a map may be under way: submitted, and without an outcome.
#[derive(Clone, Copy)]
pub(crate) struct Ahead {
    /// Whatever they weigh.
    pub(crate) least: u64,
    /// However little they weigh.
    pub(crate) most: u64,
}

impl Ahead {
    /// So many of them, when their arguments have so many bytes each.
    fn tasks(self, bytes_each: u64) -> u64 {
        (AHEAD_BYTES / bytes_each.max(1)).clamp(self.least, self.most)
    }
}

/// Submits all items and waits for all outcomes. Takes in results while it submits, so that neither
/// arguments nor encoded results pile up.
pub(crate) fn run_all<A: Serialize + 'static, R: DeserializeOwned + 'static>(
    feeder: &mut Feeder,
    consumer: &Consumer,
    mut items: impl Iterator<Item = A>,
    fail_fast: bool,
    ahead: Ahead,
) -> Result<Vec<R>, TaskError> {
    let mut results = Results::new(fail_fast, items.size_hint().0);
    let mut arrived = Vec::new();
    let (mut more, mut over) = (true, false);
    while let Some(item) = items.next() {
        // What is known to be the last is waited for below.
        let last = items.size_hint().1 == Some(0);
        let sent = feeder.push(item);
        if over {
            // Nothing comes of this one, so there is an error; and the source may be endless.
            break;
        }
        if sent && !last {
            // Not a wait but for room: half of what may be under way has to come back first.
            let under_way = feeder.submitted() - results.received();
            let ahead = ahead.tasks(feeder.bytes_each());
            let wanted = if under_way < ahead { 0 } else { ahead / 2 };
            more = feeder.wait(consumer, &mut arrived, wanted, None);
            over = !more || consumer.is_over();
            arrived.drain(..).for_each(|delivery| results.take(delivery));
        }
    }
    feeder.seal();
    let half = ahead.tasks(feeder.bytes_each()) / 2;
    while more && results.received() < feeder.submitted() {
        let left = feeder.submitted() - results.received();
        more = feeder.wait(consumer, &mut arrived, left.min(half), None);
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
    use crate::dispatcher::{CallSpec, channel, restless};
    use crate::ids::CallId;
    use crate::task::Function;

    fn results(fail_fast: bool, deliveries: Vec<Delivery>) -> Result<Vec<u8>, TaskError> {
        let mut results = Results::new(fail_fast, 3);
        deliveries.into_iter().for_each(|delivery| results.take(delivery));
        results.finish(3, TaskErrorKind::Closed)
    }

    fn returned(index: u64) -> Delivery {
        Delivery::Returned(index, Batch::of(vec![index as u8 * 10]))
    }

    fn panicked(index: u64) -> Delivery {
        let kind = TaskErrorKind::Decode("x".into());
        Delivery::Failed(index, TaskError::new(kind, place(index)))
    }

    #[test]
    fn results_come_in_the_order_of_the_input() {
        let deliveries = [2, 0, 1].map(returned).into();
        assert_eq!(results(false, deliveries), Ok(vec![0, 10, 20]));
    }

    #[test]
    fn the_error_of_the_lowest_index_wins() {
        let error = results(false, vec![panicked(2), panicked(0), panicked(1)]).unwrap_err();
        assert_eq!(error.index(), 0);
    }

    #[test]
    fn an_undecodable_result_before_a_failed_task_is_the_error() {
        let unreadable = || Delivery::Returned(0, Batch::of(vec![1, 2]));
        for deliveries in [vec![panicked(1), unreadable()], vec![unreadable(), panicked(1)]] {
            assert_eq!(results(false, deliveries).unwrap_err().index(), 0);
        }
        let behind = vec![Delivery::Returned(2, Batch::of(vec![1, 2])), panicked(1), returned(0)];
        assert_eq!(results(false, behind).unwrap_err().index(), 1);
    }

    #[test]
    fn a_cancellation_by_fail_fast_does_not_hide_its_cause() {
        let cancelled = || Delivery::Dropped(0..2, TaskErrorKind::Cancelled);
        assert_eq!(results(true, vec![cancelled(), panicked(2)]).unwrap_err().index(), 2);
        assert_eq!(results(false, vec![cancelled(), panicked(2)]).unwrap_err().index(), 0);
    }

    #[test]
    fn a_source_that_has_more_when_the_call_is_over_is_not_cut_short_in_silence() {
        let run = |items: std::ops::Range<u8>| {
            let function = Function { offset: 0, check: 0 };
            let (call, spec) = (CallId(0), CallSpec::default());
            let (mut feeder, _) = Feeder::open(&restless(), call, spec, function, "");
            // The pool ends right behind the first result.
            let (mut producer, consumer) = channel();
            producer.push(returned(0));
            drop(producer);
            let ahead = Ahead { least: 8, most: 8 };
            run_all::<u8, u8>(&mut feeder, &consumer, items, false, ahead)
        };
        assert_eq!(run(0..1), Ok(vec![0]));
        assert_eq!(run(0..2).unwrap_err().index(), 1);
        assert_eq!(run(0..255).unwrap_err().index(), 1);
    }

    #[test]
    fn silence_is_an_error() {
        let error = results(false, vec![returned(0)]).unwrap_err();
        assert_eq!((error.index(), error.kind()), (1, &TaskErrorKind::Closed));
    }
}
