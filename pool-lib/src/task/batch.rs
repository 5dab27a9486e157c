//! Encoded values of consecutive tasks, arguments or results, in one piece of memory.
//!
//! Must not know which tasks they are, or where they go.

use std::any::type_name;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::{Deref, Range};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use serde::Serialize;

use super::panics::drop_panic;
use crate::beside::Parts;
use crate::codec;
use crate::sys::Input;

/// So many bytes are copied at once, in bytes.
const FEW: usize = 16;
/// Room for more values than this, of some bytes each, is not set aside beforehand.
const LIKE: usize = 1024;

/// Values of consecutive tasks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Batch {
    bytes: Vec<u8>,
    /// Where each value ends.
    ends: Vec<usize>,
    /// What goes with some of them, by their index.
    beside: BTreeMap<usize, Parts>,
}

impl Batch {
    /// A batch of one value that is encoded already.
    pub(crate) fn of(bytes: Vec<u8>) -> Self {
        Self { ends: vec![bytes.len()], bytes, beside: BTreeMap::new() }
    }

    /// An empty batch with room for as much as this one has, within limits: one that follows is often like it, and growing step
    /// by step asks for memory and copies at every step.
    pub(crate) fn successor(&self) -> Self {
        let mut next = Self::default();
        if self.len() > 1 {
            next.ends.reserve(self.len().min(LIKE));
            next.bytes.reserve(self.size().min(LIKE * FEW));
        }
        next
    }

    /// Appends one value, which is of no use any more; on failure the batch is as it was. A `Serialize` that panics has failed,
    /// like one that returns an error.
    pub(crate) fn push<T: Serialize + 'static>(&mut self, value: &mut T) -> Result<(), String> {
        if self.ends.is_empty()
            && let Some(bytes) = codec::take_bytes(value)
        {
            *self = Self::of(bytes);
            return Ok(());
        }
        let mut parts = Parts::new();
        let encoding = AssertUnwindSafe(|| codec::encode_with(value, &mut self.bytes, &mut parts));
        let encoded = catch_unwind(encoding).unwrap_or_else(|panic| {
            drop_panic(panic);
            Err(format!("the Serialize implementation of {} panicked", type_name::<T>()))
        });
        encoded.inspect_err(|_| {
            self.bytes.truncate(self.ends.last().copied().unwrap_or(0));
        })?;
        self.ends.push(self.bytes.len());
        if !parts.is_empty() {
            self.put_beside(parts);
        }
        Ok(())
    }

    /// What goes with the last value. To be asked only where something does: handing over nothing takes a processor as long as
    /// encoding a number.
    #[cold]
    fn put_beside(&mut self, parts: Parts) {
        self.beside.insert(self.ends.len() - 1, parts);
    }

    /// Appends one value that is encoded already.
    #[inline]
    pub(crate) fn push_encoded(&mut self, value: Cow<'_, [u8]>, parts: Parts) {
        match value {
            Cow::Owned(bytes) if self.ends.is_empty() => self.bytes = bytes,
            value => self.bytes.extend_from_slice(&value),
        }
        self.ends.push(self.bytes.len());
        if !parts.is_empty() {
            self.put_beside(parts);
        }
    }

    /// Appends one value that is encoded already: the first `len` of these bytes.
    #[inline]
    pub(crate) fn push_first_of(&mut self, bytes: &[u8], len: usize) {
        append_first_of(bytes, len, &mut self.bytes);
        self.ends.push(self.bytes.len());
    }

    pub(crate) fn len(&self) -> usize {
        self.ends.len()
    }

    /// How many bytes the values have together.
    pub(crate) fn size(&self) -> usize {
        self.bytes.len()
    }

    /// What `read` makes of the `index`-th value, if there are so many. To be asked for once: one that is alone is handed
    /// over as it lies here.
    #[inline]
    pub(crate) fn read<T>(
        &mut self,
        index: usize,
        read: impl FnOnce(&mut Input<'_>) -> T,
    ) -> Option<T> {
        let end = *self.ends.get(index)?;
        // Filled where it stands: a processor waits for what is copied as soon as it is written.
        let mut input = Input::default();
        if !self.beside.is_empty() {
            input.beside = self.beside.remove(&index).unwrap_or_default();
        }
        if let [only] = &mut self.ends[..] {
            *only = 0;
            input.bytes = Cow::Owned(std::mem::take(&mut self.bytes));
        } else {
            input.bytes = Cow::Borrowed(&self.bytes[self.start(index)..end]);
        }
        Some(read(&mut input))
    }

    /// The bytes of the only value, or of all together.
    pub(crate) fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    fn start(&self, index: usize) -> usize {
        if index == 0 { 0 } else { self.ends[index - 1] }
    }
}

/// Appends the first `len` of these bytes.
#[inline]
fn append_first_of(bytes: &[u8], len: usize, into: &mut Vec<u8>) {
    // A few are copied together with what follows them, and cut: a copy of a length that is known needs no call.
    match bytes.first_chunk::<FEW>() {
        Some(more) if len <= FEW => {
            let end = into.len() + len;
            into.extend_from_slice(more);
            into.truncate(end);
        }
        _ => into.extend_from_slice(&bytes[..len]),
    }
}

/// Some consecutive values of a batch; keeps it alive.
#[derive(Clone, Debug)]
pub(crate) struct Payload {
    batch: Arc<Batch>,
    values: Range<usize>,
}

impl Payload {
    /// These values of `batch`.
    ///
    /// # Panics
    ///
    /// If the batch does not have them.
    pub(crate) fn of(batch: &Arc<Batch>, values: Range<usize>) -> Self {
        assert!(values.start <= values.end && values.end <= batch.len());
        Self { batch: Arc::clone(batch), values }
    }

    /// How many values there are.
    pub(crate) fn count(&self) -> usize {
        self.values.len()
    }

    /// How long each value is, in bytes.
    pub(crate) fn lens(&self) -> impl ExactSizeIterator<Item = usize> {
        self.values.clone().map(|index| self.batch.ends[index] - self.batch.start(index))
    }

    /// What goes with the first value.
    pub(crate) fn beside(&self) -> Parts {
        self.batch.beside.get(&self.values.start).cloned().unwrap_or_default()
    }

    /// How many values at the front can go together: as many as nothing goes with, or a first one with which something
    /// does.
    pub(crate) fn alike(&self) -> usize {
        let next = self.batch.beside.range(self.values.clone()).next().map(|(index, _)| *index);
        next.map_or(self.values.len(), |index| (index - self.values.start).max(1))
    }

    /// The first `count` values; the others stay. `None` when there would be none left.
    pub(crate) fn split_off(&mut self, count: usize) -> Option<Payload> {
        let middle = self.values.start + count;
        let rest = (middle < self.values.end)
            .then(|| Payload { batch: Arc::clone(&self.batch), values: middle..self.values.end });
        self.values.end = self.values.end.min(middle);
        rest
    }
}

impl Deref for Payload {
    type Target = [u8];

    /// The values one after the other.
    fn deref(&self) -> &[u8] {
        &self.batch.bytes[self.batch.start(self.values.start)..self.batch.start(self.values.end)]
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

    /// What is worse than a panic.
    struct Nasty;

    impl Drop for Nasty {
        fn drop(&mut self) {
            panic!("on purpose")
        }
    }

    struct Panicking;

    impl Serialize for Panicking {
        fn serialize<S: serde::Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
            std::panic::panic_any(Nasty)
        }
    }

    #[test]
    fn arguments_are_found_again_and_a_failed_one_leaves_no_trace() {
        let mut batch = Batch::default();
        batch.push(&mut "knight").unwrap();
        assert!(batch.push(&mut ("half", Unsendable)).is_err());
        assert!(batch.push(&mut ("half", Panicking)).is_err());
        batch.push(&mut ()).unwrap();
        batch.push(&mut 300_u16).unwrap();
        assert_eq!((batch.len(), batch.size()), (3, 9));
        let batch = Arc::new(batch);
        assert_eq!(codec::decode::<String>(&*Payload::of(&batch, 0..1)).unwrap(), "knight");
        assert!(Payload::of(&batch, 1..2).is_empty());
        assert_eq!(codec::decode::<u16>(&*Payload::of(&batch, 2..3)).unwrap(), 300);
        let mut all = Payload::of(&batch, 0..3);
        assert_eq!((all.len(), all.lens().collect()), (9, vec![7, 0, 2]));
        let rest = all.split_off(1).unwrap();
        assert_eq!((all.count(), rest.count(), rest.len()), (1, 2, 2));
        let mut batch = Arc::unwrap_or_clone(batch);
        let mut len = |index| batch.read(index, |value| value.bytes.len());
        assert_eq!([0, 1, 2, 3].map(&mut len), [Some(7), Some(0), Some(2), None]);
    }

    #[test]
    fn the_first_of_some_bytes_are_taken_whatever_stands_behind_them() {
        let bytes: Vec<u8> = (0..40).collect();
        for there in 0..bytes.len() {
            for len in 0..=there {
                let mut batch = Batch::default();
                batch.push_first_of(&bytes[..there], len);
                batch.push_first_of(&bytes[..there], len);
                assert_eq!((batch.len(), batch.size()), (2, 2 * len));
                assert_eq!(batch.into_bytes(), bytes[..len].repeat(2));
            }
        }
    }

    #[test]
    fn one_value_of_many_bytes_passes_through_in_its_place() {
        let mut bytes = vec![5_u8; 1 << 20];
        let place = bytes.as_ptr();
        let mut there = Batch::default();
        there.push(&mut bytes).unwrap();
        let mut back = Batch::default();
        let taken = |value: &mut Input<'_>| std::mem::take(&mut value.bytes).into_owned();
        back.push_encoded(there.read(0, taken).unwrap().into(), Parts::new());
        let taken = back.read(0, taken).unwrap();
        assert_eq!((taken.as_ptr(), taken.len()), (place, 1 << 20));
        assert!(back.read(1, |_| ()).is_none());
    }
}
