//! The clock that all processes of one machine share.
//!
//! Must not know deadlines.

use nix::time::{ClockId, clock_gettime};

/// Nanoseconds of `CLOCK_MONOTONIC`, which counts alike in the pool and in its workers.
pub(crate) fn monotonic_ns() -> u64 {
    let time = clock_gettime(ClockId::CLOCK_MONOTONIC).expect("Linux has a monotonic clock");
    // Neither part is ever negative on this clock, and 64 bits of nanoseconds last 584 years.
    time.tv_sec() as u64 * 1_000_000_000 + time.tv_nsec() as u64
}
