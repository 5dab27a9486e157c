//! What a worker may say once for each task, and no more: repeated, it would put off every deadline of the pool, and fill
//! whatever keeps events.
//!
//! Must not know tasks.

use crate::transport::{distance, next, next_after};

/// How far a worker has got with that. Each method notes what is said, and says whether it may be.
#[derive(Default)]
pub(super) struct Once {
    /// The ticket of which it was said last that it had begun.
    started: Option<u32>,
    /// The ticket in which it was said last how large the worker is.
    grown: Option<u32>,
    /// The last ticket that the worker has passed: it has ended, or was not begun.
    passed: u32,
}

impl Once {
    pub(super) fn starts(&mut self, ticket: u32) -> bool {
        self.started.replace(ticket) != Some(ticket)
    }

    /// In this ticket.
    pub(super) fn grows(&mut self, ticket: u32) -> bool {
        self.grown.replace(ticket) != Some(ticket)
    }

    pub(super) fn ends(&mut self, ticket: u32) {
        self.passed = ticket;
    }

    /// `count` tickets from this one on, when this was the last that was given out.
    pub(super) fn skips(&mut self, ticket: u32, count: u32, last_sent: u32) -> bool {
        let before = u64::from(distance(next(self.passed), ticket));
        let ahead = u64::from(distance(self.passed, last_sent));
        if count == 0 || before + u64::from(count) > ahead {
            return false;
        }
        self.passed = next_after(ticket, count - 1);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_said_is_not_said_again() {
        let mut once = Once::default();
        assert_eq!([1, 1, 2, 2].map(|ticket| once.starts(ticket)), [true, false, true, false]);
        assert_eq!([1, 1, 2, 2].map(|ticket| once.grows(ticket)), [true, false, true, false]);
    }

    #[test]
    fn tickets_are_passed_one_after_the_other_as_far_as_they_were_given_out() {
        let mut once = Once::default();
        assert!(!once.skips(1, 0, 9), "nothing is no news");
        assert!(once.skips(1, 2, 9));
        assert!(!once.skips(1, 2, 9), "said before");
        assert!(!once.skips(2, 2, 9), "the first of them was said before");
        once.ends(4);
        assert!(!once.skips(4, 1, 9), "that one has ended");
        assert!(!once.skips(5, 6, 9), "ticket 10 was not given out");
        assert!(!once.skips(10, 1, 9));
        assert!(!once.skips(5, u32::MAX, 9));
        assert!(once.skips(7, 3, 9), "5 and 6 have ended without a word in between");
        assert!(!once.skips(9, 1, 9));
    }

    #[test]
    fn tickets_wrap_around() {
        let mut once = Once::default();
        let last = (1 << 31) - 1;
        once.ends(last - 1);
        assert!(once.skips(last, 3, 1));
        assert!(!once.skips(1, 1, 1));
        assert!(once.skips(2, 1, 2));
    }
}
