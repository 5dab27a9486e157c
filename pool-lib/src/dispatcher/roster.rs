//! The workers of a pool, in the order of their numbers: a list, because every step looks at all of them, and seldom does one
//! come or go.
//!
//! Must not know what is looked for.

use super::member::Member;
use crate::ids::WorkerId;

#[derive(Debug, Default)]
pub(super) struct Roster(Vec<(WorkerId, Member)>);

impl Roster {
    fn place(&self, worker: WorkerId) -> Result<usize, usize> {
        self.0.binary_search_by_key(&worker, |(worker, _)| *worker)
    }

    pub(super) fn get(&self, worker: WorkerId) -> Option<&Member> {
        self.place(worker).ok().map(|place| &self.0[place].1)
    }

    pub(super) fn get_mut(&mut self, worker: WorkerId) -> Option<&mut Member> {
        self.place(worker).ok().map(|place| &mut self.0[place].1)
    }

    /// Adds a worker whose number nobody has had.
    pub(super) fn add(&mut self, worker: WorkerId) {
        let place = self.place(worker).unwrap_or_else(|place| place);
        self.0.insert(place, (worker, Member::default()));
    }

    pub(super) fn remove(&mut self, worker: WorkerId) -> Option<Member> {
        self.place(worker).ok().map(|place| self.0.remove(place).1)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (WorkerId, &Member)> {
        self.0.iter().map(|(worker, member)| (*worker, member))
    }

    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = (WorkerId, &mut Member)> {
        self.0.iter_mut().map(|(worker, member)| (*worker, member))
    }

    pub(super) fn members(&self) -> impl Iterator<Item = &Member> {
        self.0.iter().map(|(_, member)| member)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
