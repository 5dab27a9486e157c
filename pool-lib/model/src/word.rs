//! Words of the model checker in the place of real ones, and the means to weaken one line of `lane`.
//!
//! Must not know what the words mean.

use std::panic::Location;
use std::sync::atomic::{AtomicU32, Ordering};

use loom::sync::atomic::{AtomicU64, fence};

use crate::lane::Word;

/// The line of `lane` whose ordering is left out; 0 for none.
static WEAKENED: AtomicU32 = AtomicU32::new(0);

pub fn weaken(line: u32) {
    WEAKENED.store(line, Ordering::SeqCst);
}

/// The lines of `lane` that order something, with their text. Its tests and what it says of real words are left aside.
pub fn orderings() -> Vec<(u32, &'static str)> {
    let text = include_str!("../../src/transport/lane.rs");
    let lines = text.lines().enumerate().map(|(number, line)| (number as u32 + 1, line.trim()));
    let lines = lines.take_while(|(_, line)| !line.starts_with("#[cfg(test)]"));
    let orders = |line: &str| {
        ["W::fence()", "Ordering::Acquire)", "Ordering::Release)"].iter().any(|o| line.contains(o))
    };
    lines.filter(|(_, line)| orders(line)).collect()
}

pub struct Modelled(AtomicU64);

impl Modelled {
    pub fn new() -> Self {
        Self(AtomicU64::new(0))
    }
}

/// What the caller asks for, unless its line is weakened.
#[track_caller]
fn as_written(order: Ordering) -> Ordering {
    if is_weakened() { Ordering::Relaxed } else { order }
}

#[track_caller]
fn is_weakened() -> bool {
    Location::caller().line() == WEAKENED.load(Ordering::SeqCst)
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
        if !is_weakened() {
            fence(Ordering::SeqCst);
        }
    }
}
