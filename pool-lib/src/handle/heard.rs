//! Of which tasks of a call the outcomes have come.
//!
//! Must not know the outcomes.

use std::collections::BTreeMap;
use std::ops::Range;

/// Indices, kept as ranges that do not touch: one, as long as outcomes come in order.
#[derive(Debug, Default)]
pub(super) struct Heard {
    /// Where each range ends, by where it begins.
    ranges: BTreeMap<u64, u64>,
    count: u64,
}

impl Heard {
    /// Adds tasks of which nothing was heard before.
    pub(super) fn add(&mut self, tasks: Range<u64>) {
        if tasks.is_empty() {
            return;
        }
        self.count += tasks.end - tasks.start;
        let before = self.ranges.range(..tasks.start).next_back();
        let start =
            before.filter(|(_, end)| **end == tasks.start).map_or(tasks.start, |(at, _)| *at);
        let end = self.ranges.remove(&tasks.end).unwrap_or(tasks.end);
        self.ranges.insert(start, end);
    }

    /// How many they are.
    pub(super) fn count(&self) -> u64 {
        self.count
    }

    /// The tasks before `end` of which nothing was heard.
    pub(super) fn missing(&self, end: u64) -> Vec<Range<u64>> {
        let mut next = 0;
        let mut missing = Vec::new();
        for (&start, &after) in &self.ranges {
            missing.push(next..start);
            next = after;
        }
        missing.push(next..end);
        missing.retain(|tasks| !tasks.is_empty());
        missing
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_is_missing_is_what_was_not_heard(
            lens in vec(0_u64..4, 1..20),
            order in any::<prop::sample::Index>(),
            left in vec(any::<bool>(), 20),
            behind in 0_u64..3,
        ) {
            let mut ends = 0;
            let mut pieces: Vec<Range<u64>> = Vec::new();
            for len in lens {
                pieces.push(ends..ends + len);
                ends += len;
            }
            let middle = order.index(pieces.len());
            pieces.rotate_left(middle);
            if middle % 2 == 1 {
                pieces.reverse();
            }
            let mut heard = Heard::default();
            let mut expected: BTreeSet<u64> = (0..ends + behind).collect();
            for (piece, _) in pieces.into_iter().zip(left).filter(|(_, left)| !left) {
                piece.clone().for_each(|index| assert!(expected.remove(&index)));
                heard.add(piece);
            }
            let missing: Vec<u64> = heard.missing(ends + behind).into_iter().flatten().collect();
            prop_assert_eq!(heard.count(), ends + behind - missing.len() as u64);
            prop_assert_eq!(missing, expected.into_iter().collect::<Vec<_>>());
        }
    }

    #[test]
    fn what_comes_in_order_is_one_range() {
        let mut heard = Heard::default();
        (0..100).for_each(|index| heard.add(index * 3..index * 3 + 3));
        assert_eq!((heard.ranges.len(), heard.count()), (1, 300));
        assert_eq!(heard.missing(301).into_iter().flatten().collect::<Vec<_>>(), [300]);
    }
}
