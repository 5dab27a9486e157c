//! When the judge lets an analysis end. Pure: no process, no socket, no clock.
//!
//! First nobody may go on until analyses are under way in as many processes as there should be
//! desks: a loop, a single worker or threads cannot get past that. Then the earliest of them is
//! kept until others have begun and ended, so that results come out of order and only an answer
//! that puts them right has them right. Must not know why nobody comes any more: it is told to give
//! up.

/// Tells one analysis from another.
pub(crate) type Ticket = u64;

#[derive(Debug)]
enum Stage {
    /// Waiting until all desks are busy at the same time.
    Gathering(Vec<Held>),
    /// All were; the earliest slip is kept until this many more have begun.
    KeepingTheEarliest { ticket: Ticket, still_to_begin: usize },
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
    stage: Stage,
    most_at_once: usize,
}

impl Release {
    pub(crate) fn new(desks: usize) -> Release {
        Release { desks, stage: Stage::Gathering(Vec::new()), most_at_once: 0 }
    }

    /// The largest number of processes that held an analysis at the same time.
    pub(crate) fn most_at_once(&self) -> usize {
        self.most_at_once
    }

    /// Whether somebody waits for the judge.
    pub(crate) fn holds_somebody(&self) -> bool {
        match &self.stage {
            Stage::Gathering(held) => !held.is_empty(),
            Stage::KeepingTheEarliest { .. } => true,
            Stage::Open => false,
        }
    }

    /// An analysis has begun; `place` is where its slip stands in the list. Returns who may go on.
    pub(crate) fn begun(&mut self, ticket: Ticket, pid: u32, place: usize) -> Vec<Ticket> {
        match &mut self.stage {
            Stage::Gathering(held) => {
                held.push(Held { ticket, pid, place });
                self.most_at_once = self.most_at_once.max(distinct(held));
                if self.most_at_once < self.desks { Vec::new() } else { self.all_desks_busy() }
            }
            Stage::KeepingTheEarliest { ticket: earliest, still_to_begin } => {
                *still_to_begin -= 1;
                let mut free = vec![ticket];
                if *still_to_begin == 0 {
                    free.push(*earliest);
                    self.stage = Stage::Open;
                }
                free
            }
            Stage::Open => vec![ticket],
        }
    }

    fn all_desks_busy(&mut self) -> Vec<Ticket> {
        let Stage::Gathering(mut held) = std::mem::replace(&mut self.stage, Stage::Open) else {
            return Vec::new();
        };
        // A single desk has no second one that could overtake it.
        if self.desks > 1 {
            held.sort_by_key(|h| h.place);
            let ticket = held.remove(0).ticket;
            self.stage = Stage::KeepingTheEarliest { ticket, still_to_begin: self.desks };
        }
        held.into_iter().map(|h| h.ticket).collect()
    }

    /// The process that was at this analysis is gone.
    pub(crate) fn gone(&mut self, gone: Ticket) {
        match &mut self.stage {
            Stage::Gathering(held) => held.retain(|h| h.ticket != gone),
            Stage::KeepingTheEarliest { ticket, .. } if *ticket == gone => self.stage = Stage::Open,
            _ => {}
        }
    }

    /// Nobody else is coming: everybody may go on from now on.
    pub(crate) fn give_up(&mut self) -> Vec<Ticket> {
        match std::mem::replace(&mut self.stage, Stage::Open) {
            Stage::Gathering(held) => held.into_iter().map(|h| h.ticket).collect(),
            Stage::KeepingTheEarliest { ticket, .. } => vec![ticket],
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

    #[test]
    fn nobody_passes_before_all_desks_are_busy_and_the_earliest_stays_longest() {
        let mut release = Release::new(3);
        assert!(release.begun(1, 100, 4).is_empty());
        assert!(release.begun(2, 101, 0).is_empty());
        assert_eq!(release.begun(3, 102, 2), [3, 1]);
        assert_eq!(release.begun(4, 100, 5), [4]);
        assert_eq!(release.begun(5, 102, 6), [5]);
        assert_eq!(release.begun(6, 100, 7), [6, 2]);
        assert!(!release.holds_somebody());
        assert_eq!(release.most_at_once(), 3);
    }

    #[test]
    fn two_threads_of_one_process_are_one_desk() {
        let mut release = Release::new(2);
        assert!(release.begun(1, 100, 0).is_empty());
        assert!(release.begun(2, 100, 1).is_empty());
        assert_eq!(release.most_at_once(), 1);
        assert_eq!(release.give_up(), [1, 2]);
        assert_eq!(release.begun(3, 100, 2), [3]);
    }

    #[test]
    fn whoever_dies_while_held_does_not_count_any_more() {
        let mut release = Release::new(2);
        release.begun(1, 100, 0);
        release.gone(1);
        assert!(release.begun(2, 101, 0).is_empty());
        assert_eq!(release.most_at_once(), 1);
    }
}
