//! One direction of a ring: who may touch which bytes, and who has to be woken.
//!
//! Positions are counts of bytes since the beginning; they never go back. The writer owns the tail and the
//! bytes from tail to head + capacity, the reader owns the head and the bytes from head to tail. A side that
//! wants to sleep says so first and then looks once more; a side that has moved its position looks afterwards
//! whether the other one sleeps. Of these two looks at least one sees the other's news, so no wake-up is lost.
//!
//! Must not know bytes or memory: `ring` copies, and the tests put a model checker's words in the place of real ones.

use std::sync::atomic::{AtomicU64, Ordering, fence};

/// A word that both sides can reach.
pub(super) trait Word {
    fn load(&self, order: Ordering) -> u64;
    fn store(&self, value: u64, order: Ordering);
    fn swap(&self, value: u64, order: Ordering) -> u64;
    /// A sequentially consistent fence of the same memory model.
    fn fence();
}

impl Word for AtomicU64 {
    fn load(&self, order: Ordering) -> u64 {
        AtomicU64::load(self, order)
    }

    fn store(&self, value: u64, order: Ordering) {
        AtomicU64::store(self, value, order);
    }

    fn swap(&self, value: u64, order: Ordering) -> u64 {
        AtomicU64::swap(self, value, order)
    }

    fn fence() {
        fence(Ordering::SeqCst);
    }
}

/// The words of one direction.
pub(super) struct Lane<'a, W> {
    /// Where the next byte is written. Only the writer moves it.
    pub(super) tail: &'a W,
    /// Where the next byte is read. Only the reader moves it.
    pub(super) head: &'a W,
    /// Not 0 while the reader sleeps, or is about to, until there is something to read.
    pub(super) reader_sleeps: &'a W,
    /// Not 0 while the writer waits for room.
    pub(super) writer_waits: &'a W,
}

/// The other side has written a position that cannot be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Broken;

impl<W: Word> Lane<'_, W> {
    /// Writer at `tail`: how many bytes there is room for.
    pub(super) fn room(&self, tail: u64, capacity: u64) -> Result<u64, Broken> {
        // Acquire: the reader is done with what it has moved past.
        let used = tail.wrapping_sub(self.head.load(Ordering::Acquire));
        capacity.checked_sub(used).ok_or(Broken)
    }

    /// Reader at `head`: how many bytes there are.
    pub(super) fn filled(&self, head: u64, capacity: u64) -> Result<u64, Broken> {
        // Acquire: the bytes before the tail are written.
        let filled = self.tail.load(Ordering::Acquire).wrapping_sub(head);
        if filled > capacity { Err(Broken) } else { Ok(filled) }
    }

    /// Writer: everything before `tail` may be read.
    pub(super) fn publish(&self, tail: u64) {
        self.tail.store(tail, Ordering::Release);
    }

    /// Reader: everything before `head` may be written over.
    pub(super) fn release(&self, head: u64) {
        self.head.store(head, Ordering::Release);
    }

    /// Writer, after publishing: whether the reader has to be woken. It is told once.
    pub(super) fn must_wake_reader(&self) -> bool {
        W::fence();
        self.reader_sleeps.load(Ordering::Relaxed) != 0
            && self.reader_sleeps.swap(0, Ordering::Relaxed) != 0
    }

    /// Reader, after releasing: whether the writer has to be woken. It is told once.
    pub(super) fn must_wake_writer(&self) -> bool {
        W::fence();
        self.writer_waits.load(Ordering::Relaxed) != 0
            && self.writer_waits.swap(0, Ordering::Relaxed) != 0
    }

    /// Reader, before it looks a last time and then sleeps.
    pub(super) fn reader_goes_to_sleep(&self) {
        self.reader_sleeps.store(1, Ordering::Relaxed);
        W::fence();
    }

    /// Reader, when it is awake again.
    pub(super) fn reader_is_awake(&self) {
        self.reader_sleeps.store(0, Ordering::Relaxed);
    }

    /// Writer, before it looks for room a last time and then waits.
    pub(super) fn writer_goes_to_wait(&self) {
        self.writer_waits.store(1, Ordering::Relaxed);
        W::fence();
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// Whatever the other side has written there, a count that is believed fits into the ring.
        #[test]
        fn any_position_is_believed_or_broken(mine: u64, theirs: u64, capacity in 1_u64..1 << 20) {
            let (tail, head) = (AtomicU64::new(theirs), AtomicU64::new(theirs));
            let (sleeps, waits) = (AtomicU64::new(0), AtomicU64::new(0));
            let lane =
                Lane { tail: &tail, head: &head, reader_sleeps: &sleeps, writer_waits: &waits };
            prop_assert!(lane.room(mine, capacity).is_ok_and(|room| room <= capacity)
                || mine.wrapping_sub(theirs) > capacity);
            prop_assert!(lane.filled(mine, capacity).is_ok_and(|filled| filled <= capacity)
                || theirs.wrapping_sub(mine) > capacity);
        }
    }
}
