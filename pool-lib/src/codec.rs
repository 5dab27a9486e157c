//! Values to bytes and back: the one place that names a serialisation format (postcard).
//!
//! A vector of plain numbers, if it is the whole value, is its memory as it lies there: serde would take it number by
//! number. Both sides are the same program on the same machine, so those bytes need no portable form.
//!
//! Must not know what the bytes are for.

use std::any::type_name;
use std::borrow::Cow;

use postcard::ser_flavors::Flavor;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::beside::{self, Parts};
use crate::sys::prefer_huge_pages;

mod plain;
pub(crate) use plain::take_bytes;

/// Appends a value to `bytes` with which nothing goes; on failure `bytes` is as it was.
pub(crate) fn encode<T: Serialize + 'static>(value: &T, bytes: &mut Vec<u8>) -> Result<(), String> {
    encode_with(value, bytes, &mut Parts::new())
}

/// As [`encode`], and leaves in `parts` what goes beside the bytes, if anything does.
pub(crate) fn encode_with<T: Serialize + 'static>(
    value: &T,
    bytes: &mut Vec<u8>,
    parts: &mut Parts,
) -> Result<(), String> {
    if let Some(memory) = plain::memory_of(value) {
        append(memory, bytes);
        return Ok(());
    }
    let before = bytes.len();
    let write = || postcard::serialize_with_flavor(value, Append(bytes));
    beside::collect(parts, write).map_err(|error| {
        bytes.truncate(before);
        parts.clear();
        failed::<T>(error)
    })
}

/// Reads one value that fills all of `bytes`.
pub(crate) fn decode<'a, T: DeserializeOwned + 'static>(
    bytes: impl Into<Cow<'a, [u8]>>,
) -> Result<T, String> {
    decode_with(&mut bytes.into(), &mut Parts::new())
}

/// As [`decode`], with what has come beside the bytes; both are used up.
pub(crate) fn decode_with<T: DeserializeOwned + 'static>(
    bytes: &mut Cow<'_, [u8]>,
    parts: &mut Parts,
) -> Result<T, String> {
    if let Some(value) = plain::value_of(bytes) {
        return value;
    }
    match beside::lay_out(parts, || postcard::take_from_bytes::<T>(bytes)) {
        Ok((value, [])) => Ok(value),
        Ok((_, rest)) => Err(format!("{} bytes after a {}", rest.len(), type_name::<T>())),
        Err(error) => Err(failed::<T>(error)),
    }
}

fn failed<T>(error: postcard::Error) -> String {
    let why = beside::complaint().unwrap_or_else(|| error.to_string());
    format!("a value of type {}: {why}", type_name::<T>())
}

fn append(memory: &[u8], bytes: &mut Vec<u8>) {
    bytes.reserve(memory.len());
    prefer_huge_pages(&mut bytes.spare_capacity_mut()[..memory.len()]);
    bytes.extend_from_slice(memory);
}

/// The most bytes that a number takes.
const NUMBER: usize = 10;

/// Lets postcard write whole slices to the end of a borrowed vector: its own flavour for `Extend`
/// takes bytes one by one and owns its target, which a failure would lose.
struct Append<'a>(&'a mut Vec<u8>);

impl Flavor for Append<'_> {
    type Output = ();

    #[inline]
    fn try_extend(&mut self, data: &[u8]) -> postcard::Result<()> {
        if data.len() <= NUMBER {
            // A number, which was just written byte by byte: a processor waits for what is read in larger pieces than that.
            data.iter().for_each(|byte| self.0.push(*byte));
        } else {
            append(data, self.0);
        }
        Ok(())
    }

    #[inline]
    fn try_push(&mut self, data: u8) -> postcard::Result<()> {
        self.0.push(data);
        Ok(())
    }

    fn finalize(self) -> postcard::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_encoding_leaves_the_buffer_as_it_was() {
        struct Unsendable;
        impl Serialize for Unsendable {
            fn serialize<S: serde::Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
                Err(serde::ser::Error::custom("no"))
            }
        }
        let mut bytes = vec![1, 2, 3];
        let error = encode(&(7_u8, Unsendable), &mut bytes).unwrap_err();
        assert!(error.contains("Unsendable"), "{error}");
        assert_eq!(bytes, [1, 2, 3]);
    }

    #[test]
    fn left_over_bytes_are_an_error() {
        let mut bytes = Vec::new();
        encode(&5_u32, &mut bytes).unwrap();
        bytes.push(0);
        assert_eq!(decode::<u32>(&bytes), Err("1 bytes after a u32".to_owned()));
    }
}
