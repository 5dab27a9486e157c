//! What `dispatcher::shared` uses of the operating system, with the locks and words of the model checker.
//!
//! Must not do anything else.

pub mod sync {
    pub use std::sync::PoisonError;

    pub use loom::sync::atomic::{AtomicBool, AtomicU32, Ordering};
    pub use loom::sync::{Mutex, MutexGuard};
}

/// Once, and once more when others have run.
pub fn look_again(mut there: impl FnMut() -> bool) -> bool {
    if there() {
        return true;
    }
    loom::thread::yield_now();
    there()
}
