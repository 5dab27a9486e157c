//! How a function is named so that another process can find it: by the place of code that was
//! compiled for it in the main executable.
//!
//! Must not know how the name travels.

use std::any::type_name;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::marker::PhantomData;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::verdict::Verdict;
use crate::codec;
use crate::sys::{Answer, Entry, Image, Input, conjure, has_no_captures};

/// The name of a function: the offset of its entry from the load base of the main executable, and
/// a hash of its type to compare on arrival. Valid in every process that runs the same build.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Function {
    pub(crate) offset: u64,
    pub(crate) check: u64,
}

/// Something to run on one input: a type, because a type needs no bytes to be sent.
pub(crate) trait Work: 'static {
    type Input: DeserializeOwned + 'static;
    type Output: Serialize + 'static;

    fn run(input: Self::Input) -> Self::Output;
}

impl Function {
    /// Names the code that runs `W`.
    ///
    /// Fails when that code is outside the main executable: a plug-in may be absent in a worker, or
    /// loaded somewhere else.
    pub(crate) fn of<W: Work>() -> Result<Self, String> {
        match Image::main().offset_of(entry::<W>) {
            Some(offset) => Ok(Self { offset, check: check::<W>() }),
            None => Err(format!(
                "the function {} is not part of the main executable (it comes from a shared \
                 library), so workers cannot find it",
                type_name::<W>()
            )),
        }
    }

    /// The code behind the name, in this process; `None` where it is not known.
    pub(super) fn entry(self) -> Option<Entry> {
        let entry = Image::main().entry(self.offset)?;
        let known = entry(Some(self.check), &mut Input::default(), &mut Answer::default());
        (known == Verdict::Returned as u8).then_some(entry)
    }
}

/// The code that a worker calls for `W`: the monomorphised thunk.
fn entry<W: Work>(check_only: Option<u64>, input: &mut Input<'_>, answer: &mut Answer) -> u8 {
    let verdict = match check_only {
        None => enter::<W>(input, answer),
        Some(expected) if expected == check::<W>() => Verdict::Returned,
        Some(_) => Verdict::Unknown,
    };
    verdict as u8
}

/// The body of every entry: statically typed, and free to panic.
fn enter<W: Work>(input: &mut Input<'_>, answer: &mut Answer) -> Verdict {
    let failed = |why: String, verdict, answer: &mut Answer| {
        answer.bytes.extend_from_slice(why.as_bytes());
        verdict
    };
    let argument = match codec::decode_with(&mut input.bytes, &mut input.beside) {
        Ok(argument) => argument,
        Err(why) => return failed(why, Verdict::Undecodable, answer),
    };
    let mut result = W::run(argument);
    if let Some(bytes) = codec::take_bytes(&mut result) {
        answer.behind = bytes;
        return Verdict::Returned;
    }
    match codec::encode_with(&result, &mut answer.bytes, &mut answer.beside) {
        Ok(()) => Verdict::Returned,
        Err(why) => failed(why, Verdict::Unencodable, answer),
    }
}

/// Differs between functions with near certainty, and is the same in every copy of one build.
fn check<W: Work>() -> u64 {
    let mut hasher = DefaultHasher::new();
    type_name::<W>().hash(&mut hasher);
    hasher.finish()
}

/// Refuses, when code is generated, a function value that would have to be sent itself.
pub(super) const fn assert_no_captures<F>() {
    assert!(
        has_no_captures::<F>(),
        "pool-lib: this function has captures (or is a function pointer), and captured values \
         cannot be sent to a worker: use a plain `fn` or a closure that uses nothing from \
         outside, and pass what it needs as an argument (`starmap` takes up to twelve)"
    );
}

/// A function of one argument, as [`Work`].
pub(crate) struct Unary<F, A, R>(PhantomData<fn(F, A) -> R>);

impl<F, A, R> Work for Unary<F, A, R>
where
    F: Fn(A) -> R + Copy + 'static,
    A: DeserializeOwned + 'static,
    R: Serialize + 'static,
{
    type Input = A;
    type Output = R;

    fn run(input: A) -> R {
        const { assert_no_captures::<F>() };
        conjure::<F>()(input)
    }
}

/// A function without arguments, as [`Work`]: initializers and preloads.
pub(crate) struct Nullary<F>(PhantomData<fn(F)>);

impl<F: Fn() + Copy + 'static> Work for Nullary<F> {
    type Input = ();
    type Output = ();

    fn run((): ()) {
        const { assert_no_captures::<F>() };
        conjure::<F>()();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn double(n: u32) -> u32 {
        n * 2
    }

    fn halve(n: u32) -> u32 {
        n / 2
    }

    fn name_of<F: Fn(u32) -> u32 + Copy + 'static>(_: F) -> Function {
        Function::of::<Unary<F, u32, u32>>().unwrap()
    }

    #[test]
    fn a_name_is_stable_and_differs_between_functions() {
        assert_eq!(name_of(double), name_of(double));
        assert_ne!(name_of(double).check, name_of(halve).check);
        assert_ne!(name_of(double).check, name_of(|n| n + 1).check);
    }

    #[test]
    fn a_name_with_another_check_is_not_known() {
        let mixed = Function { check: name_of(halve).check, ..name_of(double) };
        assert!(mixed.entry().is_none());
        let entry = name_of(double).entry().unwrap();
        let mut answer = Answer::default();
        let mut input = Input { bytes: vec![7].into(), ..Input::default() };
        assert_eq!(entry(None, &mut input, &mut answer), Verdict::Returned as u8);
        assert_eq!(answer.bytes, [14]);
    }
}
