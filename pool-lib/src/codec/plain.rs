//! Vectors of plain numbers, taken as the memory that they are.
//!
//! Must not know any other type: what is not such a vector is left to serde.

use std::any::{Any, TypeId, type_name};
use std::borrow::Cow;

use bytemuck::{Pod, cast_slice, cast_slice_mut};

use crate::sys::prefer_huge_pages;

/// Tries `$act::<N, $Type>$with` for each number type `N`, until one gives something. Of all this nothing is left but
/// what concerns `$Type`: each begins with a question whose answer the compiler knows.
macro_rules! first_of_numbers {
    ($act:ident($Type:ident) $with:tt) => {
        first_of_numbers!(
            $act($Type) $with: u8 i8 u16 i16 u32 i32 u64 i64 u128 i128 usize isize f32 f64
        )
    };
    ($act:ident($Type:ident) $with:tt: $($Number:ty)+) => {
        None$(.or_else(#[inline(always)] || $act::<$Number, $Type>$with))+
    };
}

/// Whether both are the same type, which the compiler knows.
#[inline(always)]
fn are_same<A: 'static, B: 'static>() -> bool {
    TypeId::of::<A>() == TypeId::of::<B>()
}

/// The memory of `value`, if that is a vector of numbers.
#[inline(always)]
pub(super) fn memory_of<T: 'static>(value: &T) -> Option<&[u8]> {
    #[inline(always)]
    fn memory<N: Pod, T: 'static>(value: &T) -> Option<&[u8]> {
        if !are_same::<T, Vec<N>>() {
            return None;
        }
        (value as &dyn Any).downcast_ref::<Vec<N>>().map(|numbers| cast_slice(numbers))
    }
    first_of_numbers!(memory(T)(value))
}

/// The bytes themselves, if `value` is a vector of bytes and not so short that moving it would not pay. Then the value is
/// left empty.
#[inline]
pub(crate) fn take_bytes<T: 'static>(value: &mut T) -> Option<Vec<u8>> {
    let bytes = (value as &mut dyn Any).downcast_mut::<Vec<u8>>()?;
    (bytes.len() >= MOVED).then(|| std::mem::take(bytes))
}

/// A copy of less than this, in bytes, costs no more than keeping a piece of its own.
const MOVED: usize = 16 << 10;

/// The vector of numbers whose memory `bytes` is, which are then used up; `None` if `T` is no such vector.
#[inline(always)]
pub(super) fn value_of<T: 'static>(bytes: &mut Cow<'_, [u8]>) -> Option<Result<T, String>> {
    if are_same::<T, Vec<u8>>() {
        return Some(moved(bytes));
    }
    first_of_numbers!(copied(T)(bytes))
}

/// If `T` is a vector of `N`: one that is a copy of the bytes, or an error when they are no whole numbers.
#[inline(always)]
fn copied<N: Pod, T: 'static>(bytes: &[u8]) -> Option<Result<T, String>> {
    are_same::<T, Vec<N>>().then(|| in_numbers::<N, T>(bytes))
}

fn moved<T: 'static>(bytes: &mut Cow<'_, [u8]>) -> Result<T, String> {
    same(Some(std::mem::take(bytes).into_owned())).ok_or_else(|| unfit::<T>(bytes))
}

fn in_numbers<N: Pod, T: 'static>(bytes: &[u8]) -> Result<T, String> {
    let whole = bytes.len().is_multiple_of(size_of::<N>());
    let numbers = whole.then(|| {
        // Memory that is zero from the start is not written twice, as long as the advice comes before the copy.
        let mut numbers = vec![N::zeroed(); bytes.len() / size_of::<N>()];
        prefer_huge_pages(&mut numbers);
        cast_slice_mut(&mut numbers).copy_from_slice(bytes);
        numbers
    });
    same(numbers).ok_or_else(|| unfit::<T>(bytes))
}

/// The value itself, which is known to be of this type.
fn same<A: 'static, B: 'static>(mut value: Option<A>) -> Option<B> {
    (&mut value as &mut dyn Any).downcast_mut::<Option<B>>().and_then(Option::take)
}

fn unfit<T>(bytes: &[u8]) -> String {
    format!("{} bytes are no {}", bytes.len(), type_name::<T>())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde::Serialize;
    use serde::de::DeserializeOwned;

    use super::super::{decode, encode};
    use super::*;

    fn there_and_back<T>(value: T) -> usize
    where
        T: Serialize + DeserializeOwned + Clone + PartialEq + std::fmt::Debug + 'static,
    {
        // At an odd place: a number's memory need not be aligned on its way.
        let mut bytes = vec![0];
        encode(&value, &mut bytes).unwrap();
        assert_eq!(decode::<T>(&bytes[1..]), Ok(value.clone()));
        assert_eq!(decode::<T>(bytes[1..].to_vec()), Ok(value));
        bytes.len() - 1
    }

    #[test]
    fn numbers_travel_as_their_memory_and_other_vectors_by_serde() {
        assert_eq!(there_and_back(vec![1_u8, 255]), 2);
        assert_eq!(there_and_back(vec![-1_i16, 2, 3]), 6);
        assert_eq!(there_and_back(vec![1_u32; 5]), 20);
        assert_eq!(there_and_back(vec![f64::MIN_POSITIVE, f64::INFINITY]), 16);
        assert_eq!(there_and_back(vec![u128::MAX]), 16);
        assert_eq!(there_and_back(Vec::<usize>::new()), 0);
        assert_eq!(there_and_back(vec![true, false]), 3);
        assert_eq!(there_and_back(vec!['a']), 3);
        assert_eq!(there_and_back((vec![1_u32], 2_u8)), 3);
        assert_eq!(there_and_back(7_u32), 1);
    }

    #[test]
    fn a_number_that_is_not_whole_is_an_error() {
        let error = decode::<Vec<u32>>(&[1, 2, 3, 4, 5][..]).unwrap_err();
        assert!(error.contains("5 bytes") && error.contains("u32"), "{error}");
    }

    #[test]
    fn only_long_byte_vectors_are_moved() {
        let mut long = vec![7_u8; MOVED];
        let place = long.as_ptr();
        let moved = take_bytes(&mut long).unwrap();
        assert_eq!((moved.as_ptr(), long), (place, Vec::new()));
        let decoded: Vec<u8> = decode(moved).unwrap();
        assert_eq!(decoded.as_ptr(), place);
        assert_eq!(take_bytes(&mut vec![7_u8; MOVED - 1]), None);
        assert_eq!(take_bytes(&mut vec![7_u32; MOVED]), None);
    }

    proptest! {
        #[test]
        fn any_numbers_survive(bytes: Vec<u8>, floats: Vec<f64>, words: Vec<i32>) {
            there_and_back(bytes);
            there_and_back(floats);
            there_and_back(words);
        }
    }
}
