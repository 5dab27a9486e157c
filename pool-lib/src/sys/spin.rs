//! How long to look again and again before going to sleep.
//!
//! A look costs nothing but time on a core; being woken costs 30 to 60 µs where the other side runs on another core. So
//! looking pays while the answer usually comes within a few microseconds, and not at all with a single core, where the
//! other side cannot run meanwhile.
//!
//! Must not know what is looked for.

use std::hint::spin_loop;
use std::sync::OnceLock;
use std::thread::{available_parallelism, yield_now};

/// Looks with a short pause between them, at the most.
const PAUSES: u32 = 60;
/// Looks after that, each of which lets others run first, at the most.
const YIELDS: u32 = 20;
/// After so many vain waits in a row the looks become fewer.
const VAIN: u32 = 3;

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
}

fn pauses() -> u32 {
    if several_cores() { PAUSES } else { 0 }
}

/// Whether the two sides can run at the same time. Found out once, which takes some twenty system calls: a process that
/// makes copies of itself asks before.
pub(crate) fn several_cores() -> bool {
    static SEVERAL_CORES: OnceLock<bool> = OnceLock::new();
    *SEVERAL_CORES.get_or_init(|| available_parallelism().is_ok_and(|n| n.get() > 1))
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
    }
}
