//! When the judge lets an analysis end. Pure: no process, no socket, no clock.
//!
//! First nobody may go on until analyses are under way in as many processes as there should be
//! desks, and nobody else is on the way: a loop, a single worker or threads cannot get past that, and
//! a desk too many is seen. Then one of them, as a rule the
//! earliest, is kept until others have gone on without it, so that results come out of order and
//! only an answer that puts them right has them right. It can be told to let nobody go on any more.
//! Must not know why nobody comes any more: it is told to give up.

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
    /// All were, and nobody else came; one is kept until then.
    KeepingOne { ticket: Ticket, until: Until },
    /// Nobody goes on, until it is given up.
    HoldingAll(Vec<Ticket>),
    /// Whoever comes is let go.
    Open,
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
    printed: usize,
    most_at_once: usize,
}

impl Release {
    pub(crate) fn new(desks: usize, keeping: Keeping) -> Release {
        let stage = Stage::Gathering(Vec::new());
        Release { desks, keeping, stage, printed: 0, most_at_once: 0 }
    }

    /// The largest number of processes that held an analysis at the same time.
    pub(crate) fn most_at_once(&self) -> usize {
        self.most_at_once
    }

    /// Whether somebody waits for the judge.
    pub(crate) fn holds_somebody(&self) -> bool {
        match &self.stage {
            Stage::Gathering(held) => !held.is_empty(),
            Stage::KeepingOne { .. } => true,
            Stage::HoldingAll(held) => !held.is_empty(),
            Stage::Open => false,
        }
    }

    /// Whether others were to go on without those who are kept.
    pub(crate) fn keeps_somebody(&self) -> bool {
        matches!(self.stage, Stage::KeepingOne { .. } | Stage::HoldingAll(_))
    }

    /// From now on nobody goes on.
    pub(crate) fn hold_all(&mut self) {
        let held = match &self.stage {
            Stage::Gathering(held) => held.iter().map(|h| h.ticket).collect(),
            Stage::KeepingOne { ticket, .. } => vec![*ticket],
            Stage::HoldingAll(_) => return,
            Stage::Open => Vec::new(),
        };
        self.stage = Stage::HoldingAll(held);
    }

    /// An analysis has begun; `place` is where its slip stands in the list. Returns who may go on.
    pub(crate) fn begun(&mut self, ticket: Ticket, pid: u32, place: usize) -> Vec<Ticket> {
        match &mut self.stage {
            Stage::Gathering(held) => {
                held.push(Held { ticket, pid, place });
                self.most_at_once = self.most_at_once.max(distinct(held));
                Vec::new()
            }
            Stage::KeepingOne { until, .. } => {
                if let Until::Begun(still) = until {
                    *still = still.saturating_sub(1);
                }
                let mut free = vec![ticket];
                free.extend(self.when_it_has_come());
                free
            }
            Stage::HoldingAll(held) => {
                held.push(ticket);
                Vec::new()
            }
            Stage::Open => vec![ticket],
        }
    }

    /// Another analysis has gone to the press. Returns who may go on.
    pub(crate) fn printed(&mut self) -> Option<Ticket> {
        self.printed += 1;
        self.when_it_has_come()
    }

    fn when_it_has_come(&mut self) -> Option<Ticket> {
        let Stage::KeepingOne { ticket, until } = self.stage else { return None };
        let come = match until {
            Until::Begun(still) => still == 0,
            Until::Printed(wanted) => self.printed >= wanted,
        };
        if come {
            self.stage = Stage::Open;
        }
        come.then_some(ticket)
    }

    /// Nobody else is on the way. Returns who may go on, which is nobody while desks are missing.
    pub(crate) fn settled(&mut self) -> Vec<Ticket> {
        match &self.stage {
            Stage::Gathering(held) if distinct(held) >= self.desks => self.all_desks_busy(),
            _ => Vec::new(),
        }
    }

    fn all_desks_busy(&mut self) -> Vec<Ticket> {
        let Stage::Gathering(mut held) = std::mem::replace(&mut self.stage, Stage::Open) else {
            return Vec::new();
        };
        // A single desk has no second one that could overtake it.
        if self.desks > 1 {
            held.sort_by_key(|h| h.place);
            let Keeping { rank, until } = self.keeping;
            let ticket = held.remove(rank.min(held.len() - 1)).ticket;
            self.stage = Stage::KeepingOne { ticket, until };
        }
        held.into_iter().map(|h| h.ticket).collect()
    }

    /// The process that was at this analysis is gone.
    pub(crate) fn gone(&mut self, gone: Ticket) {
        match &mut self.stage {
            Stage::Gathering(held) => held.retain(|h| h.ticket != gone),
            Stage::KeepingOne { ticket, .. } if *ticket == gone => self.stage = Stage::Open,
            Stage::HoldingAll(held) => held.retain(|&ticket| ticket != gone),
            Stage::KeepingOne { .. } | Stage::Open => {}
        }
    }

    /// Nobody else is coming: everybody may go on from now on.
    pub(crate) fn give_up(&mut self) -> Vec<Ticket> {
        match std::mem::replace(&mut self.stage, Stage::Open) {
            Stage::Gathering(held) => held.into_iter().map(|h| h.ticket).collect(),
            Stage::KeepingOne { ticket, .. } => vec![ticket],
            Stage::HoldingAll(held) => held,
            Stage::Open => Vec::new(),
        }
    }
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
        Release::new(desks, Keeping { rank: 0, until: Until::Begun(desks) })
    }

    #[test]
    fn the_last_of_the_first_may_be_kept_until_others_are_in_print() {
        let mut release = Release::new(2, Keeping { rank: 1, until: Until::Printed(2) });
        assert!(release.begun(1, 100, 0).is_empty() && release.begun(2, 101, 1).is_empty());
        assert_eq!(release.settled(), [1]);
        assert_eq!(release.printed(), None);
        assert_eq!(release.begun(3, 100, 2), [3]);
        assert!(release.keeps_somebody());
        assert_eq!(release.printed(), Some(2));
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
        assert!(release.begun(3, 101, 2).is_empty() && release.printed().is_none());
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
        assert_eq!(release.most_at_once(), 1);
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
}
