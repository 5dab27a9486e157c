//! Whose turn it is: calls are served one after the other, and who was served stands behind all others.
//!
//! A call keeps its place in line while it has nothing to hand out, without being in anybody's way. The first of those that
//! have something is not passed over: it may want a worker that has little to do, and others that are content with a busy one
//! would keep every worker busy for ever. Whatever is done here costs the same, or grows with the logarithm of the number of
//! calls.
//!
//! Must not know calls or workers.

#[cfg(test)]
use std::cell::Cell;
use std::collections::BTreeMap;

use crate::ids::CallId;

/// The calls that can be served, in the order of their numbers.
#[derive(Debug, Default)]
pub(super) struct Turns {
    last: u64,
    line: BTreeMap<u64, Turn>,
    /// Calls that were looked at, to find one.
    #[cfg(test)]
    pub(super) looks: Cell<u64>,
}

#[derive(Clone, Copy, Debug)]
struct Turn {
    call: CallId,
    below: u64,
}

/// Where one call stands.
#[derive(Debug, Default)]
pub(super) struct Place {
    /// Set while it has waiting tasks, whether or not they may be handed out.
    number: Option<u64>,
    /// Set while it is in line: as [`Turns::stand`] was told.
    below: Option<u64>,
}

impl Turns {
    /// Lets a call stand where it belongs. `waits` says whether it has tasks that wait, and `below` whom they may be given
    /// to, if to anybody: a worker with fewer tasks than that.
    pub(super) fn stand(&mut self, call: CallId, at: &mut Place, waits: bool, below: Option<u64>) {
        if !waits {
            self.leave(at);
            return;
        }
        let number = *at.number.get_or_insert_with(|| {
            self.last += 1;
            self.last
        });
        if at.below != below {
            at.below = below;
            match below {
                Some(below) => drop(self.line.insert(number, Turn { call, below })),
                None => drop(self.line.remove(&number)),
            }
        }
    }

    /// Takes a call out of the line; when it next stands, it stands behind all others.
    pub(super) fn leave(&mut self, at: &mut Place) {
        if let Place { number: Some(number), below: Some(_) } = at {
            self.line.remove(number);
        }
        *at = Place::default();
    }

    /// The first call, if a worker that has `held` tasks may have some of it.
    pub(super) fn first_for(&self, held: u64) -> Option<CallId> {
        #[cfg(test)]
        self.looks.set(self.looks.get() + 1);
        let (_, first) = self.line.first_key_value()?;
        (held < first.below).then_some(first.call)
    }

    /// Whether there is nothing that could be handed out.
    pub(super) fn is_empty(&self) -> bool {
        self.line.is_empty()
    }

    /// Whether a call stands where it should.
    #[cfg(test)]
    pub(super) fn stands(&self, call: CallId, at: &Place, waits: bool, below: Option<u64>) -> bool {
        let turn = at.number.and_then(|number| self.line.get(&number));
        let stands = turn.map(|turn| (turn.call, turn.below));
        at.number.is_some() == waits && at.below == below && stands == below.map(|n| (call, n))
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.line.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_was_served_stands_behind_the_others_and_who_cannot_be_served_keeps_its_place() {
        let mut turns = Turns::default();
        let (mut a, mut b) = (Place::default(), Place::default());
        turns.stand(CallId(0), &mut a, true, None);
        turns.stand(CallId(1), &mut b, true, Some(1));
        assert_eq!(turns.first_for(0), Some(CallId(1)));
        // It came first, and was only not to be had.
        turns.stand(CallId(0), &mut a, true, Some(3));
        assert_eq!(turns.first_for(2), Some(CallId(0)));
        turns.leave(&mut a);
        turns.stand(CallId(0), &mut a, true, Some(3));
        // Of the second somebody may have more who has something, and nobody gets it before the first is served.
        assert_eq!((turns.first_for(2), turns.first_for(0)), (None, Some(CallId(1))));
        turns.stand(CallId(1), &mut b, false, None);
        turns.stand(CallId(0), &mut a, true, None);
        assert!(turns.is_empty());
    }
}
