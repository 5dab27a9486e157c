//! Rings of bytes in memory that the pool shares with one worker: one ring for each direction, and the claim beside them.
//!
//! A ring does what a stream socket does, without a system call: bytes go in on one side and come out on the other, in
//! order. Which side has to be woken is said here; waking is done over the worker's socket.
//!
//! Must not know frames. Trusts no position that the other side has written.

use std::io;
use std::num::NonZeroUsize;
use std::os::fd::{AsFd, OwnedFd};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering, fence};

use super::lane::{Broken, Lane};
use crate::sys::SharedMap;

/// How many bytes one direction holds. Some three thousand small results, or a long stretch of a large payload
/// while the other side is being woken; all of it lies in a processor's cache.
pub(super) const CAPACITY: usize = 128 << 10;
/// Words that different sides write stand so far apart, in bytes, that no two share a line of the cache, nor the
/// neighbor that processors fetch along.
const APART: usize = 128;

const CLAIM: usize = 0;
const TO_WORKER: usize = APART;
const TO_POOL: usize = TO_WORKER + 5 * APART;
const PATIENCE: usize = TO_POOL + 5 * APART;
const WORDS: usize = 4096;
const LEN: NonZeroUsize = NonZeroUsize::new(WORDS + 2 * CAPACITY).unwrap();
const _: () = assert!(PATIENCE + APART <= WORDS && CAPACITY.is_power_of_two());

/// The memory that the pool shares with one worker.
#[derive(Clone)]
pub(crate) struct Shared(Arc<SharedMap>);

/// Which way bytes go.
#[derive(Clone, Copy)]
pub(super) enum Way {
    ToWorker,
    ToPool,
}

impl Shared {
    /// Fresh memory, and the descriptor by which the worker opens it.
    pub(crate) fn create() -> io::Result<(Self, OwnedFd)> {
        let (map, file) = SharedMap::create(LEN)?;
        Ok((Self(Arc::new(map)), file))
    }

    pub(crate) fn open(file: impl AsFd) -> io::Result<Self> {
        Ok(Self(Arc::new(SharedMap::map(file, LEN)?)))
    }

    /// The word of the claim.
    pub(crate) fn claim(&self) -> &AtomicU64 {
        self.0.word(CLAIM)
    }

    /// How many results the worker may keep to itself before it rings for them; the pool's to say.
    pub(crate) fn set_patience(&self, results: u64) {
        self.0.word(PATIENCE).store(results, Ordering::Relaxed);
        fence(Ordering::SeqCst);
    }

    pub(super) fn patience(&self) -> u64 {
        self.0.word(PATIENCE).load(Ordering::Relaxed)
    }

    pub(super) fn lane(&self, way: Way) -> Lane<'_, AtomicU64> {
        let word = |number: usize| self.0.word(way.words() + number * APART);
        Lane { tail: word(0), head: word(1), reader_sleeps: word(2), writer_waits: word(3) }
    }
}

impl Way {
    fn words(self) -> usize {
        match self {
            Way::ToWorker => TO_WORKER,
            Way::ToPool => TO_POOL,
        }
    }

    /// Where the bytes of this direction lie.
    fn bytes(self) -> usize {
        match self {
            Way::ToWorker => WORDS,
            Way::ToPool => WORDS + CAPACITY,
        }
    }
}

/// A word that the writer changes when it has written, soon or some time later. A reader that looks again and again looks
/// here: each look takes the line from the writer's processor, which has to fetch it back before it can write there again,
/// and so it shall not be one that is written for each small frame. It is a hint: who goes to sleep, or reads, looks at the
/// tail.
fn sign(shared: &Shared, way: Way) -> &AtomicU64 {
    shared.0.word(way.words() + 4 * APART)
}

/// The end of a ring into which bytes go.
pub(super) struct Sink {
    shared: Shared,
    way: Way,
    /// Ours; what stands in the shared memory is only for the other side to read.
    tail: u64,
    /// Room that is known to be there.
    room: usize,
}

/// The end of a ring from which bytes come.
pub(super) struct Source {
    shared: Shared,
    way: Way,
    head: u64,
    /// What the sign said when this was last read from.
    seen: u64,
}

/// The pool's two ends.
pub(super) fn pool_ends(shared: &Shared) -> (Sink, Source) {
    (Sink::new(shared, Way::ToWorker), Source::new(shared, Way::ToPool))
}

/// The worker's two ends.
pub(super) fn worker_ends(shared: &Shared) -> (Sink, Source) {
    (Sink::new(shared, Way::ToPool), Source::new(shared, Way::ToWorker))
}

impl Sink {
    fn new(shared: &Shared, way: Way) -> Self {
        Self { shared: shared.clone(), way, tail: 0, room: CAPACITY }
    }

    /// Writes as much as there is room for, and lets the other side read it.
    pub(super) fn write(&mut self, bytes: &[u8]) -> Result<usize, Broken> {
        if self.room < bytes.len() {
            let room = self.shared.lane(self.way).room(self.tail, CAPACITY as u64)?;
            self.room = room as usize;
        }
        let count = self.room.min(bytes.len());
        let at = self.tail as usize % CAPACITY;
        let (until_the_end, rest) = bytes[..count].split_at(count.min(CAPACITY - at));
        self.shared.0.write(self.way.bytes() + at, until_the_end);
        if !rest.is_empty() {
            self.shared.0.write(self.way.bytes(), rest);
        }
        self.tail += count as u64;
        self.room -= count;
        self.shared.lane(self.way).publish(self.tail);
        Ok(count)
    }

    /// Writes both, where there is room for them in one piece, as far as that is known without a look at the other side;
    /// otherwise nothing. Whoever looks for a sign sees it when there [is](Self::show) one.
    #[inline]
    pub(super) fn write_together<const N: usize>(&mut self, head: &[u8; N], rest: &[u8]) -> bool {
        let (at, count) = (self.tail as usize % CAPACITY, N + rest.len());
        if count > self.room.min(CAPACITY - at) {
            return false;
        }
        let place = self.way.bytes() + at;
        self.shared.0.write(place, head);
        self.shared.0.write(place + N, rest);
        self.tail += count as u64;
        self.room -= count;
        self.shared.lane(self.way).publish(self.tail);
        true
    }

    /// Gives a sign of what was written.
    pub(super) fn show(&self) {
        sign(&self.shared, self.way).store(self.tail, Ordering::Release);
    }

    /// After writing: gives a sign, and says whether the other side sleeps and has to be woken.
    pub(super) fn must_wake(&self) -> bool {
        self.show();
        self.shared.lane(self.way).must_wake_reader()
    }

    /// Whether there is room, or something is wrong.
    pub(super) fn has_room(&self) -> bool {
        self.shared.lane(self.way).room(self.tail, CAPACITY as u64) != Ok(0)
    }

    /// Asks to be woken when there is room. `true` when there is some already.
    pub(super) fn ask_for_room(&mut self) -> Result<bool, Broken> {
        let lane = self.shared.lane(self.way);
        lane.writer_goes_to_wait();
        Ok(lane.room(self.tail, CAPACITY as u64)? > 0)
    }
}

impl Source {
    fn new(shared: &Shared, way: Way) -> Self {
        Self { shared: shared.clone(), way, head: 0, seen: 0 }
    }

    /// Moves at most `most` bytes to the end of `into`.
    pub(super) fn read(&mut self, most: usize, into: &mut Vec<u8>) -> Result<usize, Broken> {
        self.seen = sign(&self.shared, self.way).load(Ordering::Relaxed);
        let lane = self.shared.lane(self.way);
        let count = (lane.filled(self.head, CAPACITY as u64)? as usize).min(most);
        if count == 0 {
            return Ok(0);
        }
        let at = self.head as usize % CAPACITY;
        let until_the_end = count.min(CAPACITY - at);
        self.shared.0.read(self.way.bytes() + at, until_the_end, into);
        if count > until_the_end {
            self.shared.0.read(self.way.bytes(), count - until_the_end, into);
        }
        self.head += count as u64;
        lane.release(self.head);
        Ok(count)
    }

    /// After reading: whether the other side waits for room and has to be woken.
    pub(super) fn must_wake(&self) -> bool {
        self.shared.lane(self.way).must_wake_writer()
    }

    pub(super) fn is_empty(&self) -> Result<bool, Broken> {
        Ok(self.shared.lane(self.way).filled(self.head, CAPACITY as u64)? == 0)
    }

    /// Whether there was a sign since this was last read from.
    pub(super) fn has_sign(&self) -> bool {
        sign(&self.shared, self.way).load(Ordering::Acquire) != self.seen
    }

    /// Asks to be woken when there is something to read. Look once more before sleeping.
    pub(super) fn go_to_sleep(&self) {
        self.shared.lane(self.way).reader_goes_to_sleep();
    }

    pub(super) fn is_awake(&self) {
        self.shared.lane(self.way).reader_is_awake();
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn pair() -> (Sink, Source) {
        let (shared, file) = Shared::create().unwrap();
        let theirs = Shared::open(&file).unwrap();
        (pool_ends(&shared).0, worker_ends(&theirs).1)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn bytes_come_out_as_they_went_in(
            sizes in proptest::collection::vec((0_usize..CAPACITY + 999, 0_usize..CAPACITY), 1..30),
        ) {
            let (mut sink, mut source) = pair();
            let (mut written, mut read) = (Vec::new(), Vec::new());
            for (there, back) in sizes {
                let bytes: Vec<u8> = (0..there).map(|n| (n * 7 + written.len()) as u8).collect();
                let count = sink.write(&bytes).unwrap();
                prop_assert_eq!(count, there.min(CAPACITY - (written.len() - read.len())));
                written.extend_from_slice(&bytes[..count]);
                let before = read.len();
                let count = source.read(back, &mut read).unwrap();
                prop_assert_eq!(count, read.len() - before);
            }
            source.read(usize::MAX, &mut read).unwrap();
            prop_assert_eq!(read, written);
        }
    }

    #[test]
    fn two_pieces_go_together_or_not_at_all() {
        let (mut sink, mut source) = pair();
        let (mut together, mut read) = (0, Vec::new());
        for round in 0..10_000_usize {
            let (head, rest) = ([round as u8; 32], vec![!round as u8; round % 50]);
            let both = [&head[..], &rest].concat();
            if sink.write_together(&head, &rest) {
                together += 1;
            } else {
                assert_eq!(sink.write(&both), Ok(both.len()), "nothing of it was written before");
            }
            read.clear();
            source.read(usize::MAX, &mut read).unwrap();
            assert_eq!(read, both);
        }
        // All but those at the end of the ring, and one whenever the room that was known is used up.
        assert!((9_000..10_000).contains(&together), "{together}");
    }

    #[test]
    fn a_sign_is_given_when_it_is_asked_for_and_holds_until_something_was_read() {
        let (mut sink, mut source) = pair();
        assert!(sink.write_together(b"head", b"body"));
        assert!(!source.has_sign() && !source.is_empty().unwrap());
        sink.show();
        assert!(source.has_sign());
        source.read(3, &mut Vec::new()).unwrap();
        assert!(!source.has_sign() && !source.is_empty().unwrap());
        source.read(99, &mut Vec::new()).unwrap();
        sink.write(b"more").unwrap();
        assert!(!source.has_sign());
        assert!(!sink.must_wake());
        assert!(source.has_sign());
    }

    #[test]
    fn a_position_that_cannot_be_is_not_followed() {
        let (shared, _) = Shared::create().unwrap();
        let (mut sink, mut source) = pool_ends(&shared);
        let tail = shared.lane(Way::ToPool).tail;
        tail.store(CAPACITY as u64 + 1, Ordering::SeqCst);
        assert_eq!(source.read(10, &mut Vec::new()), Err(Broken));
        assert_eq!(source.is_empty(), Err(Broken));
        shared.lane(Way::ToWorker).head.store(5, Ordering::SeqCst);
        assert_eq!(sink.write(&[0; CAPACITY + 1]), Err(Broken));
        assert_eq!(sink.ask_for_room(), Err(Broken));
    }

    #[test]
    fn whoever_sleeps_is_woken_once() {
        let (mut sink, mut source) = pair();
        sink.write(b"slip").unwrap();
        assert!(!sink.must_wake());
        source.go_to_sleep();
        assert!(!source.is_empty().unwrap());
        assert!(sink.must_wake());
        assert!(!sink.must_wake());
        assert!(!source.must_wake());
        sink.write(&[0; CAPACITY]).unwrap();
        assert!(!sink.ask_for_room().unwrap());
        source.read(1, &mut Vec::new()).unwrap();
        assert!(source.must_wake());
        assert!(!source.must_wake());
    }
}
