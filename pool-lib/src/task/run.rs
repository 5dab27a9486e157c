//! Running one task on encoded bytes: decode, call, encode, and contain a panic at any of them.
//!
//! Must not know who asked, or where the result goes.

use std::panic::{AssertUnwindSafe, catch_unwind};

use super::function::{Function, Work};
use super::panics;
use crate::codec;

/// How a task went, and what its output bytes are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub(crate) enum Verdict {
    /// The output is the encoded result.
    Returned = 0,
    /// The output is an encoded `RemotePanic`.
    Panicked = 1,
    /// The argument could not be read; the output is the reason, as text.
    Undecodable = 2,
    /// The result could not be written; the output is the reason, as text.
    Unencodable = 3,
    /// The function is not known here; the output is empty.
    Unknown = 4,
}

impl Verdict {
    pub(crate) fn from_number(number: u8) -> Option<Self> {
        use Verdict::{Panicked, Returned, Undecodable, Unencodable, Unknown};
        [Returned, Panicked, Undecodable, Unencodable, Unknown]
            .into_iter()
            .find(|verdict| *verdict as u8 == number)
    }
}

/// Runs `function` on `input` and appends to `output` what its verdict says.
pub(crate) fn run(function: Function, input: &[u8], output: &mut Vec<u8>) -> Verdict {
    let Some(entry) = function.entry() else { return Verdict::Unknown };
    let before = output.len();
    let outcome = panics::watched(|| {
        catch_unwind(AssertUnwindSafe(|| entry(function.check, input, &mut *output)))
    });
    match outcome {
        (Ok(number), _) => Verdict::from_number(number).unwrap_or(Verdict::Unknown),
        (Err(payload), captured) => {
            output.truncate(before);
            let panic = panics::describe(payload, captured);
            codec::encode(&panic, output).expect("a panic's description is only text");
            Verdict::Panicked
        }
    }
}

/// The body of every entry: statically typed, and free to panic.
pub(super) fn enter<W: Work>(input: &[u8], output: &mut Vec<u8>) -> Verdict {
    let failed = |why: String, verdict, output: &mut Vec<u8>| {
        output.extend_from_slice(why.as_bytes());
        verdict
    };
    let argument = match codec::decode(input) {
        Ok(argument) => argument,
        Err(why) => return failed(why, Verdict::Undecodable, output),
    };
    let result = W::run(argument);
    match codec::encode(&result, output) {
        Ok(()) => Verdict::Returned,
        Err(why) => failed(why, Verdict::Unencodable, output),
    }
}
