//! Large values that are not copied on their way: [`Blob`], and [`Shared`] on top of it.
//!
//! Must not know tasks or processes: what a value needs beside its bytes is left on the table (see `beside`).

use std::fmt;
use std::io;
use std::ops::{Deref, DerefMut};
use std::sync::Arc;

use bytemuck::{AnyBitPattern, NoUninit, Pod, cast_slice, cast_slice_mut};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de, ser};

use crate::beside;
use crate::sys::{Draft, Memory};

mod shared;
pub use shared::Shared;
pub(crate) use shared::keep_shared_values;

/// Bytes that travel to a worker, or back, without being copied: the same pages of memory, seen by all who hold it.
///
/// It goes inside of any argument or result, at any depth, and handing it over takes microseconds, whatever its size.
/// Nobody can write to it any more, in no process. To fill one in place, begin with [`BlobMut`]; plain numbers are
/// read by [`numbers`](Self::numbers). Cloning costs nothing, and the clone is the same memory.
///
/// ```
/// use pool_lib::{Blob, BlobMut, Pool};
///
/// let mut heights = BlobMut::zeroed(3 * size_of::<f64>())?;
/// heights.numbers_mut::<f64>().copy_from_slice(&[0.5, 1.0, 2.5]);
/// let heights: Blob = heights.freeze()?;
///
/// let pool = Pool::builder().processes(2).build()?;
/// let sum = pool.apply(|heights: Blob| heights.numbers::<f64>().iter().sum::<f64>(), heights)?;
/// assert_eq!(sum, 4.0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// Memory and one descriptor are held until the last handle is dropped, in whatever process: by you, by a task that was
/// submitted and has no result yet, by a function that keeps its argument. A worker that dies lets go of what it
/// had. One argument or result holds at most 253 different blobs; the same one several times is sent once.
///
/// # Errors
///
/// Encoding and decoding succeed only in an argument or a result of a task; a `Blob` in the hands of another format
/// (JSON, say) is an error of that format. So is one that a process has no free descriptor for: that task's, as
/// [`Decode`](crate::TaskErrorKind::Decode).
#[derive(Clone)]
pub struct Blob(Arc<Memory>);

impl Blob {
    /// A copy of `numbers`: bytes, or other plain numbers.
    ///
    /// # Errors
    ///
    /// If there is no memory or no descriptor for it.
    pub fn copy_of<N: NoUninit>(numbers: &[N]) -> io::Result<Self> {
        let bytes: &[u8] = cast_slice(numbers);
        let mut blob = BlobMut::zeroed(bytes.len())?;
        blob.copy_from_slice(bytes);
        blob.freeze()
    }

    /// The whole blob as numbers of one kind.
    ///
    /// # Panics
    ///
    /// If its length is no multiple of theirs.
    pub fn numbers<N: AnyBitPattern>(&self) -> &[N] {
        // Nothing lies nowhere, and so need not lie where a number could.
        if self.is_empty() { &[] } else { cast_slice(self.0.bytes()) }
    }
}

impl Deref for Blob {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        self.0.bytes()
    }
}

impl AsRef<[u8]> for Blob {
    fn as_ref(&self) -> &[u8] {
        self
    }
}

impl fmt::Debug for Blob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Blob({} bytes)", self.len())
    }
}

impl PartialEq for Blob {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0) || **self == **other
    }
}

impl Eq for Blob {}

impl Serialize for Blob {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        beside::put(&self.0).map_err(ser::Error::custom)?.serialize(to)
    }
}

impl<'de> Deserialize<'de> for Blob {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        beside::get(u32::deserialize(from)?).map(Self).map_err(de::Error::custom)
    }
}

/// A [`Blob`] that is being filled: by one process alone, which then freezes it.
///
/// Reads and writes like a slice of bytes; [`numbers_mut`](Self::numbers_mut) is a view of numbers.
pub struct BlobMut(Draft);

impl BlobMut {
    /// So many bytes, all zero. Takes its memory at once: writing is then as fast as memory is.
    ///
    /// # Errors
    ///
    /// If there is no memory or no descriptor for it.
    pub fn zeroed(bytes: usize) -> io::Result<Self> {
        Draft::create(bytes).map(Self)
    }

    /// The whole as numbers of one kind.
    ///
    /// # Panics
    ///
    /// If the length is no multiple of theirs.
    pub fn numbers_mut<N: Pod>(&mut self) -> &mut [N] {
        if self.is_empty() { &mut [] } else { cast_slice_mut(self.0.bytes_mut()) }
    }

    /// Ends the writing, for good.
    ///
    /// # Errors
    ///
    /// If the operating system refuses to seal or to map the memory.
    pub fn freeze(self) -> io::Result<Blob> {
        Ok(Blob(Arc::new(self.0.seal()?)))
    }
}

impl Deref for BlobMut {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        self.0.bytes()
    }
}

impl DerefMut for BlobMut {
    fn deref_mut(&mut self) -> &mut [u8] {
        self.0.bytes_mut()
    }
}

impl fmt::Debug for BlobMut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BlobMut({} bytes)", self.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_and_read_in_place() {
        let mut blob = BlobMut::zeroed(12).unwrap();
        blob.numbers_mut::<u32>().copy_from_slice(&[1, 2, 3]);
        blob[4] = 7;
        let blob = blob.freeze().unwrap();
        assert_eq!((blob.numbers::<u32>(), blob.len()), (&[1, 7, 3][..], 12));
        assert_eq!(blob, Blob::copy_of(&[1_u32, 7, 3]).unwrap());
        assert!(Blob::copy_of::<f64>(&[]).unwrap().numbers::<f64>().is_empty());
        assert!(std::panic::catch_unwind(|| _ = blob.numbers::<u64>()).is_err());
    }

    #[test]
    fn in_the_hands_of_another_format_it_is_an_error() {
        let blob = Blob::copy_of(&[1_u8]).unwrap();
        let error = serde_json::to_string(&blob).unwrap_err().to_string();
        assert!(error.contains("travels only in an argument or a result"), "{error}");
        let error = serde_json::from_str::<Blob>("0").unwrap_err().to_string();
        assert!(error.contains("travels only in an argument or a result"), "{error}");
    }
}
