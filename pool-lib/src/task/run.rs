//! Running one task on encoded bytes, and containing its panic.
//!
//! Must not know who asked, or where the result goes.

use std::panic::{AssertUnwindSafe, catch_unwind};

use super::function::Function;
use super::panics;
use super::verdict::Verdict;
use crate::codec;

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
