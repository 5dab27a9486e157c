//! When the judge lets an analysis end. Pure: no process, no socket, no clock.
//!
//! First nobody may go on until analyses are under way in as many processes as there should be
//! desks, and nobody else is on the way: a loop, a single worker or threads cannot get past that, and
//! a desk too many is seen. Then one of them, as a rule the
//! earliest, is kept until others have gone on without it, so that results come out of order and
//! only an answer that puts them right has them right. Where it is asked for, all others go on in
//! company to the end: at no time may fewer be under way than there are desks and slips for them. It
//! can be told to let nobody go on any more.
//! Must not know why nobody comes any more: it is told to give up.

use std::collections::HashSet;

/// Tells one analysis from another.
pub(crate) type Ticket = u64;

/// What has to happen before the analysis that is kept may end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Until {
    /// So many others have begun after the first ones.
    Begun(usize),
    /// So many analyses have gone to the press.
    Printed(usize),
}

/// Which of the first analyses is kept: counted from the earliest on the list.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Keeping {
    pub(crate) rank: usize,
    pub(crate) until: Until,
}

#[derive(Debug)]
enum Stage {
    /// Waiting until all desks are busy at the same time.
    Gathering(Vec<Held>),
    /// All were, and nobody else came; one is kept until then. The others wait for company.
    KeepingOne { ticket: Ticket, until: Until, others: Vec<Held> },
    /// Nobody goes on, until it is given up.
    HoldingAll(Vec<Ticket>),
    /// Nobody is kept. All wait for company.
    Open(Vec<Held>),
}

#[derive(Clone, Copy, Debug)]
struct Held {
    ticket: Ticket,
    pid: u32,
    place: usize,
}

/// Who is held, and how many desks were ever busy at the same time.
#[derive(Debug)]
pub(crate) struct Release {
    desks: usize,
    keeping: Keeping,
    stage: Stage,
    /// How many slips there are, if all go on in company.
    company: Option<usize>,
    /// The slips that were begun.
    begun: HashSet<usize>,
    printed: usize,
    most_at_once: usize,
    most_at_one_desk: usize,
}

impl Release {
    pub(crate) fn new(desks: usize, keeping: Keeping, company: Option<usize>) -> Release {
        Release {
            desks,
            keeping,
            stage: Stage::Gathering(Vec::new()),
            company,
            begun: HashSet::new(),
            printed: 0,
            most_at_once: 0,
            most_at_one_desk: 0,
        }
    }

    /// The largest number of processes that held an analysis at the same time.
    pub(crate) fn most_at_once(&self) -> usize {
        self.most_at_once
    }

    /// The largest number of analyses that one process held at the same time.
    pub(crate) fn most_at_one_desk(&self) -> usize {
        self.most_at_one_desk
    }

    /// Whether somebody waits for the judge.
    pub(crate) fn holds_somebody(&self) -> bool {
        match &self.stage {
            Stage::Gathering(held) | Stage::Open(held) => !held.is_empty(),
            Stage::KeepingOne { .. } => true,
            Stage::HoldingAll(held) => !held.is_empty(),
        }
    }

    /// Whether others were to go on without those who are kept.
    pub(crate) fn keeps_somebody(&self) -> bool {
        matches!(self.stage, Stage::KeepingOne { .. } | Stage::HoldingAll(_))
    }

    /// How many processes wait for company that has not come, the one that is kept among them.
    pub(crate) fn in_poor_company(&self) -> Option<usize> {
        match &self.stage {
            Stage::KeepingOne { others, .. } if !others.is_empty() => Some(distinct(others) + 1),
            Stage::Open(held) if !held.is_empty() => Some(distinct(held)),
            _ => None,
        }
    }

    /// From now on nobody goes on.
    pub(crate) fn hold_all(&mut self) {
        let held = match &self.stage {
            Stage::Gathering(held) | Stage::Open(held) => tickets(held),
            Stage::KeepingOne { ticket, others, .. } => {
                let mut all = tickets(others);
                all.push(*ticket);
                all
            }
            Stage::HoldingAll(_) => return,
        };
        self.stage = Stage::HoldingAll(held);
    }

    /// An analysis has begun; `place` is where its slip stands in the list. Returns who may go on.
    pub(crate) fn begun(&mut self, ticket: Ticket, pid: u32, place: usize) -> Vec<Ticket> {
        self.begun.insert(place);
        let newcomer = Held { ticket, pid, place };
        match &mut self.stage {
            Stage::Gathering(held) => {
                held.push(newcomer);
                self.most_at_once = self.most_at_once.max(distinct(held));
                let at_this_desk = held.iter().filter(|h| h.pid == pid).count();
                self.most_at_one_desk = self.most_at_one_desk.max(at_this_desk);
            }
            Stage::KeepingOne { until, others, .. } => {
                others.push(newcomer);
                if let Until::Begun(still) = until {
                    *still = still.saturating_sub(1);
                }
            }
            Stage::HoldingAll(held) => held.push(ticket),
            Stage::Open(held) => held.push(newcomer),
        }
        self.whose_time_has_come()
    }

    /// Another analysis has gone to the press. Returns who may go on.
    pub(crate) fn printed(&mut self) -> Vec<Ticket> {
        self.printed += 1;
        self.whose_time_has_come()
    }

    fn whose_time_has_come(&mut self) -> Vec<Ticket> {
        let mut free = Vec::new();
        let left = self.company.map(|slips| slips.saturating_sub(self.begun.len()));
        if let Stage::KeepingOne { others, .. } = &mut self.stage
            && is_complete(others, self.desks - 1, left)
        {
            free.extend(tickets(&std::mem::take(others)));
        }
        if let Stage::KeepingOne { ticket, until, others } = &mut self.stage {
            let come = match *until {
                Until::Begun(still) => still == 0,
                Until::Printed(wanted) => self.printed >= wanted,
            };
            if come {
                free.push(*ticket);
                self.stage = Stage::Open(std::mem::take(others));
            }
        }
        if let Stage::Open(held) = &mut self.stage
            && is_complete(held, self.desks, left)
        {
            free.extend(tickets(&std::mem::take(held)));
        }
        free
    }

    /// Nobody else is on the way. Returns who may go on, which is nobody while desks are missing.
    pub(crate) fn settled(&mut self) -> Vec<Ticket> {
        match &self.stage {
            Stage::Gathering(held) if distinct(held) >= self.desks => self.all_desks_busy(),
            _ => Vec::new(),
        }
    }

    fn all_desks_busy(&mut self) -> Vec<Ticket> {
        let open = Stage::Open(Vec::new());
        let Stage::Gathering(mut held) = std::mem::replace(&mut self.stage, open) else {
            return Vec::new();
        };
        // A single desk has no second one that could overtake it.
        if self.desks > 1 {
            held.sort_by_key(|h| h.place);
            let Keeping { rank, until } = self.keeping;
            let ticket = held.remove(rank.min(held.len() - 1)).ticket;
            self.stage = Stage::KeepingOne { ticket, until, others: Vec::new() };
        }
        tickets(&held)
    }

    /// The process that was at this analysis is gone. Returns who need not wait for it any more.
    pub(crate) fn gone(&mut self, gone: Ticket) -> Vec<Ticket> {
        match &mut self.stage {
            Stage::Gathering(held) | Stage::Open(held) => held.retain(|h| h.ticket != gone),
            Stage::KeepingOne { ticket, others, .. } if *ticket == gone => {
                self.stage = Stage::Open(std::mem::take(others));
            }
            Stage::KeepingOne { others, .. } => others.retain(|h| h.ticket != gone),
            Stage::HoldingAll(held) => held.retain(|&ticket| ticket != gone),
        }
        self.whose_time_has_come()
    }

    /// Nobody else is coming: everybody may go on from now on.
    pub(crate) fn give_up(&mut self) -> Vec<Ticket> {
        self.hold_all();
        self.company = None;
        match std::mem::replace(&mut self.stage, Stage::Open(Vec::new())) {
            Stage::HoldingAll(held) => held,
            _ => Vec::new(),
        }
    }
}

/// Whether these are as many processes as there are desks for them, or as can be with the slips that are left. Where nobody
/// asks for company, everybody is enough.
fn is_complete(held: &[Held], desks: usize, left: Option<usize>) -> bool {
    let there = distinct(held);
    left.is_none_or(|left| there >= desks || there + left < desks)
}

fn tickets(held: &[Held]) -> Vec<Ticket> {
    held.iter().map(|h| h.ticket).collect()
}

fn distinct(held: &[Held]) -> usize {
    let mut pids: Vec<u32> = held.iter().map(|h| h.pid).collect();
    pids.sort_unstable();
    pids.dedup();
    pids.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn earliest(desks: usize) -> Release {
        Release::new(desks, Keeping { rank: 0, until: Until::Begun(desks) }, None)
    }

    #[test]
    fn the_last_of_the_first_may_be_kept_until_others_are_in_print() {
        let mut release = Release::new(2, Keeping { rank: 1, until: Until::Printed(2) }, None);
        assert!(release.begun(1, 100, 0).is_empty() && release.begun(2, 101, 1).is_empty());
        assert_eq!(release.settled(), [1]);
        assert!(release.printed().is_empty());
        assert_eq!(release.begun(3, 100, 2), [3]);
        assert!(release.keeps_somebody());
        assert_eq!(release.printed(), [2]);
        assert!(!release.holds_somebody());
    }

    #[test]
    fn nobody_passes_before_all_desks_are_busy_and_the_earliest_stays_longest() {
        let mut release = earliest(3);
        assert!(release.begun(1, 100, 4).is_empty());
        assert!(release.begun(2, 101, 0).is_empty());
        assert!(release.settled().is_empty());
        assert!(release.begun(3, 102, 2).is_empty());
        assert_eq!(release.settled(), [3, 1]);
        assert_eq!(release.begun(4, 100, 5), [4]);
        assert_eq!(release.begun(5, 102, 6), [5]);
        assert_eq!(release.begun(6, 100, 7), [6, 2]);
        assert!(!release.holds_somebody());
        assert_eq!(release.most_at_once(), 3);
    }

    #[test]
    fn when_all_are_held_nobody_goes_on_until_it_is_given_up() {
        let mut release = earliest(2);
        release.begun(1, 100, 0);
        release.begun(2, 101, 1);
        assert_eq!(release.settled(), [2]);
        release.hold_all();
        assert!(release.begun(3, 101, 2).is_empty() && release.printed().is_empty());
        assert!(release.holds_somebody() && release.keeps_somebody());
        release.gone(3);
        assert_eq!(release.give_up(), [1]);
        assert_eq!(release.begun(4, 101, 3), [4]);
    }

    #[test]
    fn a_desk_too_many_is_seen_when_it_comes_before_all_has_settled() {
        let mut release = earliest(2);
        for (ticket, pid) in [(1, 100), (2, 101), (3, 102)] {
            release.begun(ticket, pid, 0);
        }
        assert_eq!(release.settled(), [2, 3]);
        assert_eq!(release.most_at_once(), 3);
    }

    #[test]
    fn two_threads_of_one_process_are_one_desk() {
        let mut release = earliest(2);
        assert!(release.begun(1, 100, 0).is_empty());
        assert!(release.begun(2, 100, 1).is_empty());
        assert!(release.settled().is_empty());
        assert_eq!((release.most_at_once(), release.most_at_one_desk()), (1, 2));
        assert_eq!(release.give_up(), [1, 2]);
        assert_eq!(release.begun(3, 100, 2), [3]);
    }

    #[test]
    fn whoever_dies_while_held_does_not_count_any_more() {
        let mut release = earliest(2);
        release.begun(1, 100, 0);
        release.gone(1);
        assert!(release.begun(2, 101, 0).is_empty());
        assert_eq!(release.most_at_once(), 1);
    }

    /// Three desks, nine slips; the first three have begun, and the first is kept until two more have.
    fn in_company() -> Release {
        let mut release = Release::new(3, Keeping { rank: 0, until: Until::Begun(2) }, Some(9));
        for (ticket, pid) in [(0, 100), (1, 101), (2, 102)] {
            release.begun(ticket, pid, ticket as usize);
        }
        assert_eq!(release.settled(), [1, 2]);
        release
    }

    #[test]
    fn all_along_as_many_go_on_as_there_are_desks() {
        let mut release = in_company();
        assert!(release.begun(3, 101, 3).is_empty());
        assert_eq!(release.begun(4, 102, 4), [3, 4, 0]);
        assert!(release.begun(5, 100, 5).is_empty() && release.begun(6, 101, 6).is_empty());
        assert_eq!(release.in_poor_company(), Some(2));
        assert_eq!(release.begun(7, 102, 7), [5, 6, 7]);
        // The last one finds nobody who could come along.
        assert_eq!(release.begun(8, 100, 8), [8]);
        assert!(!release.holds_somebody());
    }

    #[test]
    fn whoever_is_full_at_first_and_alone_later_is_seen() {
        let mut release = in_company();
        assert!(release.begun(3, 101, 3).is_empty());
        assert_eq!(release.in_poor_company(), Some(2));
        assert_eq!(release.give_up(), [3, 0]);
        assert_eq!((release.begun(4, 101, 4), release.begun(5, 101, 5)), (vec![4], vec![5]));
    }

    #[test]
    fn nobody_waits_for_company_that_has_died() {
        let mut release = in_company();
        release.begun(3, 101, 3);
        assert_eq!(release.begun(4, 102, 4), [3, 4, 0]);
        for ticket in [5, 6] {
            assert!(release.begun(ticket, ticket as u32, ticket as usize).is_empty());
        }
        assert!(release.gone(6).is_empty());
        assert!(release.begun(7, 101, 7).is_empty());
        assert_eq!(release.begun(8, 102, 8), [5, 7, 8]);
        let mut release = in_company();
        release.begun(3, 101, 3);
        release.begun(4, 102, 4);
        for ticket in [5, 6, 7] {
            release.begun(ticket, ticket as u32, ticket as usize);
        }
        assert_eq!(release.begun(8, 100, 8), [8]);
    }
}
