//! Whether somebody in the family runs and runs, although nothing is heard: told by the time that it had on a processor, not
//! by a clock. On a busy machine a worker that is only just starting may wait longer for a processor than anybody could
//! wait for it. Must not know what waits for the answer.

use std::collections::HashMap;

use crate::family::Process;

/// Somebody had so much of a processor, in hundredths of a second, since something was heard: many times what a worker
/// needs to start.
const RESTLESS: u64 = 30;

/// How much each process had already when something was heard last, or when it was seen first.
#[derive(Debug, Default)]
pub(crate) struct Effort {
    before: HashMap<u32, u64>,
}

impl Effort {
    /// Something was heard: what was done until now led to something.
    pub(crate) fn heard(&mut self) {
        self.before.clear();
    }

    /// Whether somebody has run for long since then.
    pub(crate) fn is_in_vain(&mut self, family: &[Process]) -> bool {
        // All are noted, also behind one of whom this is known.
        let since =
            family.iter().map(|p| p.ran.saturating_sub(*self.before.entry(p.pid).or_insert(p.ran)));
        since.max().is_some_and(|most| most >= RESTLESS)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn process(pid: u32, ran: u64) -> Process {
        Process { pid, parent: 1, state: 'R', name: String::new(), ran }
    }

    #[test]
    fn who_waits_for_a_processor_is_waited_for() {
        let mut effort = Effort::default();
        for _ in 0..1_000 {
            assert!(!effort.is_in_vain(&[process(1, 7), process(2, 0)]));
        }
    }

    #[test]
    fn who_runs_on_is_not_and_each_counts_for_itself() {
        let mut effort = Effort::default();
        assert!(!effort.is_in_vain(&[process(1, 1_000), process(2, 0)]));
        assert!(!effort.is_in_vain(&[process(1, 1_000 + RESTLESS - 1), process(2, RESTLESS - 1)]));
        assert!(effort.is_in_vain(&[process(1, 1_000 + RESTLESS), process(2, 0)]));
        effort.heard();
        assert!(!effort.is_in_vain(&[process(1, 5_000)]));
        // Another process of that number.
        assert!(!effort.is_in_vain(&[process(1, 0)]));
    }
}
