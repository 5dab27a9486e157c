//! When a worker looks at its own memory, and what it tells of it.
//!
//! Must not know what follows: whether the worker is replaced is up to the pool.

use std::time::Duration;

use crate::sys::{MemoryGauge, monotonic_ns, own_memory};

/// After a task that took as long as this, the worker looks. In less, a task cannot write to much memory
/// that it did not have before: a page costs the kernel a quarter of a microsecond at the very least.
const LONG_NS: u64 = Duration::from_micros(100).as_nanos() as u64;
/// After shorter tasks it looks only this often.
const PAUSE_NS: u64 = Duration::from_millis(1).as_nanos() as u64;
/// The exact look may take this fraction of the time: one part of so many.
const SHARE: u64 = 50;

/// Watches whether this process has grown beyond a limit.
pub(super) struct Weight {
    gauge: MemoryGauge,
    limit: u64,
    next_ns: u64,
    next_exact_ns: u64,
}

impl Weight {
    pub(super) fn new(gauge: MemoryGauge, limit: u64) -> Self {
        Self { gauge, limit, next_ns: 0, next_exact_ns: 0 }
    }

    /// After a task that ran from `started_ns` to `ended_ns`: the size of this process if it is time to
    /// look and the size is above the limit.
    pub(super) fn after_task(&mut self, started_ns: u64, ended_ns: u64) -> Option<u64> {
        if ended_ns - started_ns < LONG_NS && ended_ns < self.next_ns {
            return None;
        }
        self.next_ns = ended_ns + PAUSE_NS;
        let most = self.gauge.at_most()?;
        if most <= self.limit || ended_ns < self.next_exact_ns {
            return None;
        }
        // What a fork left in common, such as what `preload` made, is nobody's own. Kernels that cannot
        // tell it apart count it.
        let bytes = own_memory().unwrap_or(most);
        let now = monotonic_ns();
        self.next_exact_ns = now + (now - ended_ns) * SHARE;
        (bytes > self.limit).then_some(bytes)
    }
}
