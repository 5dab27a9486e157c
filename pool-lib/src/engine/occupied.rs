//! Which pool the thread that asks works for. That pool does nothing else meanwhile, so it must not be waited for.
//!
//! Must not know what is done for the pool.

use std::cell::RefCell;

use crate::sys::Waker;

thread_local! {
    /// What wakes the pool.
    static WORKS_FOR: RefCell<Option<Waker>> = const { RefCell::new(None) };
}

/// Runs `body`, which is the program's, in the thread of the pool that is woken by `waker`.
pub(crate) fn work_for<T>(waker: &Waker, body: impl FnOnce() -> T) -> T {
    let before = WORKS_FOR.replace(Some(waker.clone()));
    let value = body();
    WORKS_FOR.set(before);
    value
}

/// Whether this thread is in such a `body` of the pool that is woken by `waker`.
pub(crate) fn works_for(waker: &Waker) -> bool {
    // A thread that ends may ask when what belongs to it is gone already: a pool is dropped, for one, that belonged to it as
    // well.
    let works = WORKS_FOR
        .try_with(|pool| pool.borrow().as_ref().is_some_and(|pool| pool.is_same_as(waker)));
    works.unwrap_or(false)
}
