//! Functions as addresses: making a value of a type without size, and calling code by its address.
//!
//! Must not know which functions there are, or in which process an address holds.

use std::borrow::Cow;
use std::sync::Arc;

use super::sealed::Memory;

/// True for what has no captures: function items and closures that use nothing from outside.
pub(crate) const fn has_no_captures<F>() -> bool {
    size_of::<F>() == 0
}

/// A second value of a type that has no size, given the evidence that a first one exists.
///
/// Call this only where some process has held a value of `F` and sent the name of code that is
/// monomorphised for `F`. `Copy` makes a second value lawful; size zero makes it free.
pub(crate) fn conjure<F: Copy>() -> F {
    const { assert!(has_no_captures::<F>()) };
    // SAFETY: F has no bytes, so there is none to initialise and a dangling aligned pointer may
    // be read; F is inhabited and may be copied, as the caller's evidence says.
    unsafe { std::ptr::NonNull::<F>::dangling().read() }
}

/// Where code leaves what came of it.
#[derive(Debug, Default)]
pub(crate) struct Answer {
    /// Added to what stands there already.
    pub(crate) bytes: Vec<u8>,
    /// What follows, if that lies elsewhere: large results are handed on as they are.
    pub(crate) behind: Vec<u8>,
    /// Memory that goes with it.
    pub(crate) beside: Vec<Arc<Memory>>,
}

/// What code is given: an encoded argument.
#[derive(Debug, Default)]
pub(crate) struct Input<'a> {
    /// Owned where nobody else needs them.
    pub(crate) bytes: Cow<'a, [u8]>,
    /// Memory that goes with it.
    pub(crate) beside: Vec<Arc<Memory>>,
}

/// The signature of every piece of code that a worker can be asked to run: with a check value it only compares that;
/// without, it takes an argument and leaves a result. Says by a number how that went.
///
/// What it is given is lent and not moved: a processor waits for a struct that is copied as soon as it is written, and
/// that would be most of what a short task costs.
pub(crate) type Entry = fn(Option<u64>, &mut Input<'_>, &mut Answer) -> u8;

/// The address of an entry, as a number that only [`entry_at`] of the same image can use.
pub(super) fn address_of(entry: Entry) -> usize {
    entry as usize
}

/// The entry at `address`.
///
/// # Safety
///
/// `address` comes from [`address_of`] in a process that runs the same image at the same base, or
/// was moved to this process's base.
pub(super) unsafe fn entry_at(address: usize) -> Entry {
    // SAFETY: as the caller promises, this is the address of a function of this signature.
    unsafe { std::mem::transmute::<usize, Entry>(address) }
}
