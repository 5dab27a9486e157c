//! Wakers of futures that have what they wait for, on their way out of the driver.
//!
//! A waker is the program's code: it may take a lock, panic, or drop the last handle of the pool. So the driver only collects
//! them, and whoever has driven calls them when he has let go of it.
//!
//! Must not know what was waited for.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::task::Waker;

use crate::task::drop_panic;

/// To be [called](Self::wake) while nothing is held.
#[must_use = "somebody waits for them to be called"]
#[derive(Default)]
pub(crate) struct Wakers(Vec<Waker>);

impl Wakers {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn add(&mut self, waker: Option<Waker>) {
        self.0.extend(waker);
    }

    /// Calls all of them. One that panics has told why (the hook of its thread did), and takes nobody along.
    pub(crate) fn wake(self) {
        for waker in self.0 {
            if let Err(panic) = catch_unwind(AssertUnwindSafe(|| waker.wake())) {
                drop_panic(panic);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, Ordering};
    use std::task::Wake;

    use super::*;

    /// Panics, with something whose drop panics as well.
    struct Bad;

    impl Drop for Bad {
        fn drop(&mut self) {
            panic!("on purpose, in a drop");
        }
    }

    impl Wake for Bad {
        fn wake(self: Arc<Self>) {
            std::mem::forget(self);
            std::panic::panic_any(Bad);
        }
    }

    #[derive(Default)]
    struct Counted(AtomicU32);

    impl Wake for Counted {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::SeqCst);
        }
    }

    #[test]
    fn a_waker_that_panics_takes_no_other_along() {
        let counted = Arc::<Counted>::default();
        let mut wakers = Wakers::default();
        for _ in 0..2 {
            wakers.add(Some(Arc::new(Bad).into()));
            wakers.add(None);
            wakers.add(Some(Arc::clone(&counted).into()));
        }
        wakers.wake();
        assert_eq!(counted.0.load(Ordering::SeqCst), 2);
    }
}
