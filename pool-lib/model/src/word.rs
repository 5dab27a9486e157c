//! Words of the model checker in the place of real ones, of which one may be left without its order.
//!
//! Must not know what the words mean.

use std::sync::atomic::Ordering;

use loom::sync::atomic::{AtomicU64, fence};

use crate::lane::Word;
use crate::omit::{self, Line, is_omitted};

/// The lines of `lane` that order something, with their text. What it says of real words is left aside.
pub fn orderings() -> impl Iterator<Item = (Line, &'static str)> {
    let text = include_str!("../../src/transport/lane.rs");
    omit::lines("lane.rs", text, &["W::fence()", "Ordering::Acquire)", "Ordering::Release)"])
}

pub struct Modelled(AtomicU64);

impl Modelled {
    pub fn new() -> Self {
        Self(AtomicU64::new(0))
    }
}

/// What the caller asks for, unless its line is left out.
#[track_caller]
fn as_written(order: Ordering) -> Ordering {
    if is_omitted() { Ordering::Relaxed } else { order }
}

impl Word for Modelled {
    #[track_caller]
    fn load(&self, order: Ordering) -> u64 {
        self.0.load(as_written(order))
    }

    /// As an exchange whose result nobody looks at. The model checker does not know that a store of one side cannot come between
    /// what an exchange of the other side reads and what it writes, and would report wake-ups as lost that are not.
    #[track_caller]
    fn store(&self, value: u64, order: Ordering) {
        self.0.swap(value, as_written(order));
    }

    #[track_caller]
    fn swap(&self, value: u64, order: Ordering) -> u64 {
        self.0.swap(value, as_written(order))
    }

    #[track_caller]
    fn fence() {
        if !is_omitted() {
            fence(Ordering::SeqCst);
        }
    }
}
