//! Running one task on encoded bytes, and containing its panic.
//!
//! Must not know who asked, or where the result goes.

use std::panic::{AssertUnwindSafe, catch_unwind};

use super::function::Function;
use super::panics;
use super::verdict::Verdict;
use crate::codec;
use crate::sys::{Answer, Entry, Input};

/// A function that was found in this process.
#[derive(Clone, Copy)]
pub(crate) struct Runnable(Entry);

/// Finds a function; `None` when it is not known here.
pub(crate) fn look_up(function: Function) -> Option<Runnable> {
    function.entry().map(Runnable)
}

/// Finds `function` and runs it, as [`Runnable::run`].
pub(crate) fn run(function: Function, input: &mut Input<'_>, answer: &mut Answer) -> Verdict {
    look_up(function).map_or(Verdict::Unknown, |runnable| runnable.run(input, answer))
}

impl Runnable {
    /// Runs the function on `input` and leaves in `answer` what its verdict says.
    pub(crate) fn run(self, input: &mut Input<'_>, answer: &mut Answer) -> Verdict {
        let before = answer.bytes.len();
        let outcome = panics::watched(|| {
            catch_unwind(AssertUnwindSafe(|| (self.0)(None, input, &mut *answer)))
        });
        match outcome {
            (Ok(number), _) => Verdict::from_number(number).unwrap_or(Verdict::Unknown),
            (Err(payload), captured) => {
                answer.bytes.truncate(before);
                let panic = panics::describe(payload, captured);
                codec::encode(&panic, &mut answer.bytes)
                    .expect("a panic's description is only text");
                Verdict::Panicked
            }
        }
    }
}
