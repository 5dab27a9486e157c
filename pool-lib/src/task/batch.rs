//! The encoded arguments of consecutive tasks, in one piece of memory.
//!
//! Must not know which tasks they are, or where they go.

use std::any::type_name;
use std::ops::{Deref, Range};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use serde::Serialize;

use crate::codec;

/// Arguments of consecutive tasks. Freed when the last [`Payload`] of it is.
#[derive(Debug, Default)]
pub(crate) struct Batch {
    bytes: Vec<u8>,
    /// Where each argument ends.
    ends: Vec<usize>,
}

impl Batch {
    /// Appends one argument; on failure the batch is as it was. A `Serialize` that panics has failed,
    /// like one that returns an error.
    pub(crate) fn push<T: Serialize>(&mut self, argument: &T) -> Result<(), String> {
        let encoding = AssertUnwindSafe(|| codec::encode(argument, &mut self.bytes));
        let encoded = catch_unwind(encoding).unwrap_or_else(|_| {
            Err(format!("the Serialize implementation of {} panicked", type_name::<T>()))
        });
        match encoded {
            Ok(()) => self.ends.push(self.bytes.len()),
            Err(_) => self.bytes.truncate(self.ends.last().copied().unwrap_or(0)),
        }
        encoded
    }

    pub(crate) fn len(&self) -> usize {
        self.ends.len()
    }

    pub(crate) fn size(&self) -> usize {
        self.bytes.len()
    }

    fn range(&self, index: usize) -> Range<usize> {
        let start = if index == 0 { 0 } else { self.ends[index - 1] };
        start..self.ends[index]
    }
}

/// One encoded argument; keeps its batch alive.
#[derive(Clone, Debug)]
pub(crate) struct Payload {
    batch: Arc<Batch>,
    range: Range<usize>,
}

impl Payload {
    /// The `index`-th argument of `batch`.
    ///
    /// # Panics
    ///
    /// If the batch has no such argument.
    pub(crate) fn of(batch: &Arc<Batch>, index: usize) -> Self {
        Self { batch: Arc::clone(batch), range: batch.range(index) }
    }
}

impl Deref for Payload {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.batch.bytes[self.range.clone()]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Unsendable;

    impl Serialize for Unsendable {
        fn serialize<S: serde::Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
            Err(serde::ser::Error::custom("no"))
        }
    }

    struct Panicking;

    impl Serialize for Panicking {
        fn serialize<S: serde::Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
            panic!("on purpose")
        }
    }

    #[test]
    fn arguments_are_found_again_and_a_failed_one_leaves_no_trace() {
        let mut batch = Batch::default();
        batch.push(&"knight").unwrap();
        assert!(batch.push(&("half", Unsendable)).is_err());
        assert!(batch.push(&("half", Panicking)).is_err());
        batch.push(&()).unwrap();
        batch.push(&300_u16).unwrap();
        assert_eq!((batch.len(), batch.size()), (3, 9));
        let batch = Arc::new(batch);
        assert_eq!(codec::decode::<String>(&Payload::of(&batch, 0)).unwrap(), "knight");
        assert!(Payload::of(&batch, 1).is_empty());
        assert_eq!(codec::decode::<u16>(&Payload::of(&batch, 2)).unwrap(), 300);
    }
}
