//! What the pool's thread does when it does not drive, and so holds nothing that a caller needs.
//!
//! Must not know the driver.

use std::io;

use crate::dispatcher::wakers::Wakers;
use crate::engine::{Sleep, Woken, work_for};
use crate::sys::Waker;

/// To be [taken](Self::take) before it drives again.
pub(in crate::dispatcher) struct Rest {
    pub(super) wakers: Wakers,
    /// `None` when it is to drive again at once.
    pub(super) sleep: Option<Sleep>,
    /// What ends the sleep.
    pub(super) waker: Waker,
}

impl Rest {
    /// Calls the wakers, which may ask anything of the pool but to be waited for, and then sleeps.
    pub(in crate::dispatcher) fn take(self) -> io::Result<Option<Woken>> {
        if !self.wakers.is_empty() {
            work_for(&self.waker, || self.wakers.wake());
        }
        self.sleep.map(Sleep::wait).transpose()
    }
}
