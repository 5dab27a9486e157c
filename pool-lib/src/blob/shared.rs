//! One value that many tasks read: sent to a worker and decoded there once, however many arguments it is in.
//!
//! Must not know workers: a process remembers the values that it has decoded last, and keeps them if it is told to.

use std::any::{Any, TypeId};
use std::collections::VecDeque;
use std::fmt;
use std::io;
use std::ops::Deref;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::Blob;
use crate::beside::Parts;
use crate::codec;
use crate::sys::Memory;

/// A value that is sent at most once to each worker, then read there by reference.
///
/// It goes inside of any argument, at any depth, next to whatever differs from task to task. It is encoded when it is made,
/// into a [`Blob`]; a worker decodes it for the first task that brings it, and the tasks behind that find it decoded. A
/// result may hold one too.
///
/// ```
/// use pool_lib::{Pool, Shared};
///
/// let names = Shared::new(vec!["pawn".to_owned(), "knight".to_owned(), "rook".to_owned()])?;
/// let pool = Pool::builder().processes(2).build()?;
/// let tasks = (0..3).map(|place| (names.clone(), place));
/// let lengths = pool.starmap(|names: Shared<Vec<String>>, place: usize| names[place].len(), tasks)?;
/// assert_eq!(lengths, [4, 6, 4]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// A worker keeps the eight values that it has used last, and those that a running task holds; one that has been pushed out
/// is decoded again when it comes again. It does not learn that the last handle on your side is gone: what it keeps is
/// let go when other values take its place, or with the worker.
///
/// # Errors
///
/// As with [`Blob`], encoding and decoding succeed only in an argument or a result of a task.
pub struct Shared<T> {
    encoded: Blob,
    value: Arc<T>,
}

impl<T: Serialize + 'static> Shared<T> {
    /// Takes `value`, and encodes it.
    ///
    /// # Errors
    ///
    /// If it cannot be encoded, holds a [`Blob`] or another `Shared`, or there is no memory or no descriptor for it.
    pub fn new(value: T) -> io::Result<Self> {
        let mut bytes = Vec::new();
        let mut parts = Parts::new();
        codec::encode_with(&value, &mut bytes, &mut parts).map_err(io::Error::other)?;
        if !parts.is_empty() {
            let why = "a shared value cannot hold a Blob or another Shared: put them beside it";
            return Err(io::Error::other(why));
        }
        Ok(Self { encoded: Blob::copy_of(&bytes)?, value: Arc::new(value) })
    }
}

impl<T> Deref for Shared<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T> Clone for Shared<T> {
    fn clone(&self) -> Self {
        Self { encoded: self.encoded.clone(), value: Arc::clone(&self.value) }
    }
}

impl<T: fmt::Debug> fmt::Debug for Shared<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Shared").field(&self.value).finish()
    }
}

impl<T> Serialize for Shared<T> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        self.encoded.serialize(to)
    }
}

impl<'de, T: DeserializeOwned + Send + Sync + 'static> Deserialize<'de> for Shared<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let encoded = Blob::deserialize(from)?;
        let file = encoded.0.identity().map_err(de::Error::custom)?;
        if let Some((encoded, value)) = recall(file) {
            return Ok(Self { encoded, value });
        }
        let value = codec::decode(&encoded[..]).map_err(de::Error::custom)?;
        let value = Arc::new(value);
        remember(file, &encoded, &value);
        Ok(Self { encoded, value })
    }
}

/// How many values a process remembers.
const KEPT: usize = 8;

/// Whether they are kept although nobody else has them any more: in a worker, for the next task. The program has what it has.
static KEEPS: AtomicBool = AtomicBool::new(false);

/// From now on this process keeps the values that it has decoded last.
pub(crate) fn keep_shared_values() {
    KEEPS.store(true, Ordering::Relaxed);
}

/// Tells memory from all other that exists at the time.
type File = (u64, u64);

struct Known {
    file: File,
    /// While this is there its number cannot be given again.
    encoded: Weak<Memory>,
    of: TypeId,
    value: Weak<dyn Any + Send + Sync>,
    /// What is kept of both.
    _kept: Option<(Blob, Arc<dyn Any + Send + Sync>)>,
}

/// The values decoded here, the one used last in front. Nothing is decoded under the lock, since that is user code.
static KNOWN: Mutex<VecDeque<Known>> = Mutex::new(VecDeque::new());

fn recall<T: Send + Sync + 'static>(file: File) -> Option<(Blob, Arc<T>)> {
    let (blob, value) = {
        let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
        let is_it = |known: &Known| (known.file, known.of) == (file, TypeId::of::<T>());
        let place = known.iter().position(is_it)?;
        let found = known.remove(place)?;
        let both = (found.encoded.upgrade(), found.value.upgrade());
        known.push_front(found);
        both
    };
    // Outside of the lock: of what is let go here the last handle may be gone by now.
    Some((Blob(blob?), Arc::downcast(value?).ok()?))
}

fn remember<T: Send + Sync + 'static>(file: File, encoded: &Blob, value: &Arc<T>) {
    let value: Arc<dyn Any + Send + Sync> = Arc::clone(value) as _;
    let kept = KEEPS.load(Ordering::Relaxed).then(|| (encoded.clone(), Arc::clone(&value)));
    let (encoded, value) = (Arc::downgrade(&encoded.0), Arc::downgrade(&value));
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    let of = TypeId::of::<T>();
    known.retain(|known| (known.file, known.of) != (file, of) || known.value.strong_count() > 0);
    known.push_front(Known { file, encoded, of, value, _kept: kept });
    let forgotten = (known.len() > KEPT).then(|| known.pop_back());
    // Dropping a value is user code as well.
    drop(known);
    drop(forgotten);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn there(value: &Shared<String>) -> Shared<String> {
        let mut bytes = Vec::new();
        let mut parts = Parts::new();
        codec::encode_with(value, &mut bytes, &mut parts).unwrap();
        codec::decode_with(&mut bytes.into(), &mut parts).unwrap()
    }

    /// The tests of this file share what a process remembers.
    static ALONE: Mutex<()> = Mutex::new(());

    #[test]
    fn a_value_that_nobody_has_is_not_kept_unless_that_is_wanted() {
        let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
        let given = Shared::new("e4".to_owned()).unwrap();
        for keeps in [false, true] {
            KEEPS.store(keeps, Ordering::Relaxed);
            let first = there(&given);
            assert!(Arc::ptr_eq(&first.value, &there(&given).value), "somebody has it");
            let value = Arc::downgrade(&first.value);
            drop(first);
            assert_eq!(value.strong_count(), usize::from(keeps));
            assert_eq!(*there(&given), "e4");
        }
        KEEPS.store(false, Ordering::Relaxed);
        KNOWN.lock().unwrap().clear();
    }

    #[test]
    fn a_value_is_decoded_once_while_it_is_among_the_last() {
        let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
        KEEPS.store(true, Ordering::Relaxed);
        let values: Vec<_> =
            (0..=KEPT).map(|number| Shared::new(format!("match {number}")).unwrap()).collect();
        let (first, again) = (there(&values[0]), there(&values[0]));
        assert!(Arc::ptr_eq(&first.value, &again.value) && *first == "match 0");
        for value in &values[1..] {
            assert_eq!(*there(value), **value);
        }
        assert!(!Arc::ptr_eq(&first.value, &there(&values[0]).value));
        KEEPS.store(false, Ordering::Relaxed);
        KNOWN.lock().unwrap().clear();
    }

    #[test]
    fn what_holds_memory_of_its_own_is_refused() {
        let blob = Blob::copy_of(&[1_u8]).unwrap();
        let error = Shared::new((1, blob)).unwrap_err();
        assert!(error.to_string().contains("cannot hold a Blob"), "{error}");
    }
}
