//! Values to bytes and back: the one place that names a serialisation format (postcard).
//!
//! Must not know what the bytes are for.

use std::any::type_name;

use postcard::ser_flavors::Flavor;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Appends `value` to `bytes`; on failure `bytes` is as it was.
pub(crate) fn encode<T: Serialize>(value: &T, bytes: &mut Vec<u8>) -> Result<(), String> {
    let before = bytes.len();
    postcard::serialize_with_flavor(value, Append(bytes)).map_err(|error| {
        bytes.truncate(before);
        format!("a value of type {}: {error}", type_name::<T>())
    })
}

/// Reads one value that fills all of `bytes`.
pub(crate) fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, String> {
    match postcard::take_from_bytes::<T>(bytes) {
        Ok((value, [])) => Ok(value),
        Ok((_, rest)) => Err(format!("{} bytes after a {}", rest.len(), type_name::<T>())),
        Err(error) => Err(format!("a value of type {}: {error}", type_name::<T>())),
    }
}

/// Lets postcard write whole slices to the end of a borrowed vector: its own flavour for `Extend`
/// takes bytes one by one and owns its target, which a failure would lose.
struct Append<'a>(&'a mut Vec<u8>);

impl Flavor for Append<'_> {
    type Output = ();

    fn try_extend(&mut self, data: &[u8]) -> postcard::Result<()> {
        self.0.extend_from_slice(data);
        Ok(())
    }

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
