//! The claim: which task a worker runs, agreed by one atomic word, so that both sides always see the same answer.
//!
//! A worker claims a task's ticket before it starts it and releases it when the result is on its way. The pool can
//! take back all tickets that are not claimed yet, and can freeze a worker exactly while it holds
//! a given ticket. So a worker that is killed for one task never has begun another, and work that
//! is given to somebody else is never begun twice.
//!
//! Must not know tasks: tickets only, numbers that a link gives out in the order of sending. They
//! wrap around; two that are compared are never [`HALF`] apart.

use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::SeqCst;

/// Tickets count modulo this.
const MODULUS: u32 = 1 << 31;
const HALF: u32 = MODULUS / 2;
/// By so many tickets the floor may be behind the next one that is given out, and then it has to follow.
pub(crate) const FAR: u32 = HALF / 2;

/// The word: the floor in the low 31 bits, the ticket in the next 31, then two flags.
const TICKET_AT: u32 = 31;
const HELD: u64 = 1 << 62;
const FROZEN: u64 = 1 << 63;

/// One side's view of the word.
pub(crate) struct Claim<'a>(&'a AtomicU64);

/// What the word says about the worker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Claimed {
    /// The ticket claimed last; 0 before the first.
    pub(crate) ticket: u32,
    /// Whether it is still held.
    pub(crate) held: bool,
}

/// Why a worker may not start a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// The ticket was taken back: skip it.
    TakenBack,
    /// The worker is condemned: do nothing more.
    Frozen,
}

/// The ticket after `ticket`.
pub(crate) fn next(ticket: u32) -> u32 {
    next_after(ticket, 1)
}

/// The ticket `count` after `ticket`.
pub(crate) fn next_after(ticket: u32, count: u32) -> u32 {
    ticket.wrapping_add(count) % MODULUS
}

/// The ticket `count` before `ticket`.
pub(crate) fn earlier(ticket: u32, count: u32) -> u32 {
    ticket.wrapping_sub(count) % MODULUS
}

/// How far behind `from` a ticket is; very far if it is before.
pub(crate) fn distance(from: u32, ticket: u32) -> u32 {
    ticket.wrapping_sub(from) % MODULUS
}

/// Whether `a` was given out before `b`.
fn is_before(a: u32, b: u32) -> bool {
    a != b && distance(a, b) < HALF
}

fn floor(word: u64) -> u32 {
    word as u32 & (MODULUS - 1)
}

fn ticket(word: u64) -> u32 {
    (word >> TICKET_AT) as u32 & (MODULUS - 1)
}

fn pack(floor: u32, ticket: u32, flags: u64) -> u64 {
    u64::from(floor) | u64::from(ticket) << TICKET_AT | flags
}

impl<'a> Claim<'a> {
    pub(crate) fn new(word: &'a AtomicU64) -> Self {
        Self(word)
    }

    /// Worker: claims `ticket` before starting its task.
    pub(crate) fn take(&self, mine: u32) -> Result<(), Refusal> {
        let mut word = self.0.load(SeqCst);
        loop {
            if word & FROZEN != 0 {
                return Err(Refusal::Frozen);
            }
            if is_before(mine, floor(word)) {
                return Err(Refusal::TakenBack);
            }
            let claimed = pack(floor(word), mine, HELD);
            match self.0.compare_exchange_weak(word, claimed, SeqCst, SeqCst) {
                Ok(_) => return Ok(()),
                Err(now) => word = now,
            }
        }
    }

    /// Worker: lets go of the ticket it holds, once the result has left.
    pub(crate) fn release(&self) -> Result<(), Refusal> {
        let before = self.0.fetch_and(!HELD, SeqCst);
        if before & FROZEN != 0 { Err(Refusal::Frozen) } else { Ok(()) }
    }

    /// Pool: takes back every ticket before `next` that is not claimed; says what is. From time to time to be told of what has
    /// ended as well, so that the floor is never [`HALF`] behind a ticket that is compared with it.
    pub(crate) fn take_back(&self, next: u32) -> Claimed {
        let mut word = self.0.load(SeqCst);
        loop {
            let raised = pack(next, ticket(word), word & (HELD | FROZEN));
            match self.0.compare_exchange_weak(word, raised, SeqCst, SeqCst) {
                Ok(_) => return read(word),
                Err(now) => word = now,
            }
        }
    }

    /// Pool: freezes the worker if it holds `mine` right now; `false` means that it does not.
    pub(crate) fn freeze(&self, mine: u32) -> bool {
        let mut word = self.0.load(SeqCst);
        loop {
            if read(word) != (Claimed { ticket: mine, held: true }) {
                return false;
            }
            match self.0.compare_exchange_weak(word, word | FROZEN, SeqCst, SeqCst) {
                Ok(_) => return true,
                Err(now) => word = now,
            }
        }
    }

    /// Pool: what the worker has claimed.
    pub(crate) fn read(&self) -> Claimed {
        read(self.0.load(SeqCst))
    }
}

fn read(word: u64) -> Claimed {
    Claimed { ticket: ticket(word), held: word & HELD != 0 }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_ticket_taken_back_cannot_be_claimed() {
        let word = AtomicU64::new(0);
        let claim = Claim::new(&word);
        claim.take(1).unwrap();
        assert_eq!(claim.take_back(4), Claimed { ticket: 1, held: true });
        claim.release().unwrap();
        assert_eq!(claim.take(2), Err(Refusal::TakenBack));
        assert_eq!(claim.take(3), Err(Refusal::TakenBack));
        assert_eq!(claim.take(4), Ok(()));
    }

    #[test]
    fn only_the_ticket_in_hand_can_be_frozen() {
        let word = AtomicU64::new(0);
        let claim = Claim::new(&word);
        claim.take(1).unwrap();
        assert!(!claim.freeze(2));
        claim.release().unwrap();
        assert!(!claim.freeze(1));
        claim.take(2).unwrap();
        assert!(claim.freeze(2));
        assert_eq!(claim.release(), Err(Refusal::Frozen));
        assert_eq!(claim.take(3), Err(Refusal::Frozen));
    }

    proptest! {
        #[test]
        fn order_holds_across_the_wrap(start in 0..MODULUS, steps in 1..HALF) {
            let later = (start + steps) % MODULUS;
            prop_assert!(is_before(start, later));
            prop_assert!(!is_before(later, start));
            prop_assert!(!is_before(start, start));
        }

        #[test]
        fn the_word_keeps_its_parts_apart(f in 0..MODULUS, t in 0..MODULUS, flags in 0_u64..4) {
            let word = pack(f, t, flags << 62);
            prop_assert_eq!((floor(word), ticket(word), word >> 62), (f, t, flags));
        }

        #[test]
        fn any_word_is_read_without_a_panic(word: u64, mine in 0..MODULUS) {
            let word = AtomicU64::new(word);
            let claim = Claim::new(&word);
            let _ = (claim.freeze(mine), claim.take_back(mine), claim.read(), claim.take(mine));
        }
    }
}
