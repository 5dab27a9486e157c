//! How long to look again and again before going to sleep.
//!
//! A look costs nothing but time on a core; being woken costs 30 to 60 µs where the other side runs on another core. So
//! looking pays while the answer usually comes within a few microseconds, and not at all with a single core, where the
//! other side cannot run meanwhile.
//!
//! Must not know what is looked for.

use std::hint::spin_loop;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::{available_parallelism, yield_now};
use std::time::Duration;

use super::monotonic_ns;

/// Looks with a short pause between them, at the most.
const PAUSES: u32 = 60;
/// Looks after that, each of which lets others run first, at the most.
const YIELDS: u32 = 20;
/// After so many vain waits in a row the looks become fewer.
const VAIN: u32 = 3;
/// A sleep that was shorter than this, in nanoseconds, was hardly worth it: most of it is what being woken takes.
const SHORT: u64 = 30_000;

/// Looks until `there` says yes, for some microseconds: for what lasts no longer in the usual case.
pub(crate) fn look_again(mut there: impl FnMut() -> bool) -> bool {
    Spin::default().until(&mut there)
}

/// One side's budget, which follows its success.
#[derive(Debug, Default)]
pub(crate) struct Spin {
    vain: u32,
}

impl Spin {
    /// Looks until `there` says yes or the budget is used up; says which.
    pub(crate) fn until(&mut self, mut there: impl FnMut() -> bool) -> bool {
        if there() {
            return true;
        }
        let shrink = self.vain.saturating_sub(VAIN).min(5);
        for _ in 0..pauses() >> shrink {
            spin_loop();
            if there() {
                self.vain = 0;
                return true;
            }
        }
        for _ in 0..YIELDS >> shrink {
            yield_now();
            if there() {
                self.vain = 0;
                return true;
            }
        }
        self.vain = self.vain.saturating_add(1);
        false
    }

    /// Sleeps, after looking was in vain. It was not so if the sleep turns out to be a short one: with fewer looks each wait
    /// would be a sleep from then on, however soon the other side answers.
    pub(crate) fn sleep<R>(&mut self, sleep: impl FnOnce() -> R) -> R {
        let began = monotonic_ns();
        let woken = sleep();
        self.slept(monotonic_ns() - began);
        woken
    }

    fn slept(&mut self, ns: u64) {
        if ns < SHORT {
            self.vain = 0;
        }
    }
}

fn pauses() -> u32 {
    if several_cores() { PAUSES } else { 0 }
}

/// Looks until `there` says yes or the time is up, and lets others run between two looks.
pub(crate) fn look_for(time: Duration, mut there: impl FnMut() -> bool) -> bool {
    let began = monotonic_ns();
    for _ in 0..pauses() {
        if there() {
            return true;
        }
        spin_loop();
    }
    while !there() {
        if u128::from(monotonic_ns() - began) >= time.as_nanos() {
            return false;
        }
        yield_now();
    }
    true
}

/// Whether the two sides can run at the same time.
pub(crate) fn several_cores() -> bool {
    cores() > 1
}

/// How many cores this process may use. Found out once, which takes some twenty system calls: a process that makes copies of
/// itself asks before.
pub(crate) fn cores() -> usize {
    // Without a lock, which a copy might find locked for ever.
    static CORES: AtomicUsize = AtomicUsize::new(0);
    match CORES.load(Ordering::Relaxed) {
        0 => {
            let cores = available_parallelism().map_or(1, usize::from);
            CORES.store(cores, Ordering::Relaxed);
            cores
        }
        known => known,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_budget_shrinks_with_vain_waits_and_comes_back_with_a_good_one() {
        let mut spin = Spin::default();
        let looks = |spin: &mut Spin| {
            let mut count = 0;
            assert!(!spin.until(|| {
                count += 1;
                false
            }));
            count
        };
        let first = looks(&mut spin);
        for _ in 0..20 {
            looks(&mut spin);
        }
        assert!(looks(&mut spin) < first);
        // Even the smallest budget looks more than once, so that it can be found to pay again.
        let mut second_look = false;
        assert!(spin.until(|| std::mem::replace(&mut second_look, true)));
        assert_eq!(looks(&mut spin), first);
        for _ in 0..20 {
            looks(&mut spin);
        }
        spin.slept(SHORT - 1);
        assert_eq!(looks(&mut spin), first, "that sleep was a short one");
        for _ in 0..20 {
            looks(&mut spin);
        }
        spin.slept(SHORT);
        assert!(looks(&mut spin) < first, "and that was not");
    }

    #[test]
    fn who_looks_for_a_time_sees_what_comes_within_it_and_then_gives_up() {
        let mut looks = 0;
        assert!(look_for(Duration::MAX, || {
            looks += 1;
            looks == 1000
        }));
        assert!(!look_for(Duration::ZERO, || false));
    }
}
