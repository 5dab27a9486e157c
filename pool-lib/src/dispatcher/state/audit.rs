//! The machine's own books, checked by the simulation after every step.
//!
//! Must not change anything.

use std::collections::BTreeSet;

use super::State;

impl<R> State<R> {
    /// Every task that is neither done nor waiting is with exactly one worker; every call with waiting
    /// tasks has its turn; no worker holds more than one life allows.
    pub(crate) fn audit(&self) {
        let mut held = BTreeSet::new();
        for (worker, member) in &self.members {
            for task in member.assigned.iter() {
                assert!(held.insert(task), "{task} is with two workers");
                assert!(self.calls.contains_key(&task.call), "{worker} has a task of no call");
            }
            let limit = self.limits.tasks_per_worker;
            assert!(limit.is_none_or(|limit| member.taken <= limit), "{worker} has too much");
        }
        for (id, call) in &self.calls {
            let with_workers = held.iter().filter(|task| task.call == *id).count() as u64;
            assert_eq!(call.unresolved(), call.waiting() + with_workers, "{id} has lost a task");
            let turns = self.turns.iter().filter(|turn| *turn == id).count();
            assert_eq!(turns, usize::from(call.waiting() > 0), "{id} has {turns} turns");
        }
    }
}
