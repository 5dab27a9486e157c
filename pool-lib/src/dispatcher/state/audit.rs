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
        for (worker, member) in self.members.iter() {
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
            let stands = self.turns.stands(*id, &call.place, call.waiting() > 0, call.below());
            assert!(stands, "{id} does not stand where it should: {:?}", call.place);
        }
        let over = self.balance_at.filter(|at| *at <= self.now);
        assert!(over.is_none(), "nothing comes of it to look at {over:?}");
        let available = self.calls.values().filter(|call| call.available() > 0).count();
        assert_eq!(self.turns.len(), available, "somebody stands in line who should not");
    }
}
