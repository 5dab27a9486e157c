//! One direction: bytes in memory that both sides can touch at any time, and its two ends, as in `transport::ring`.
//!
//! Must not know who uses it. The model checker finds every byte that one side touches while the other one does.

use loom::cell::UnsafeCell;

use crate::lane::Lane;
use crate::word::Modelled;

pub struct Ring<const CAPACITY: usize> {
    words: [Modelled; 4],
    bytes: [UnsafeCell<u8>; CAPACITY],
}

impl<const CAPACITY: usize> Ring<CAPACITY> {
    pub fn new() -> Self {
        let words = std::array::from_fn(|_| Modelled::new());
        Self { words, bytes: std::array::from_fn(|_| UnsafeCell::new(u8::MAX)) }
    }

    pub fn lane(&self) -> Lane<'_, Modelled> {
        let [tail, head, reader_sleeps, writer_waits] = &self.words;
        Lane { tail, head, reader_sleeps, writer_waits }
    }
}

/// Writes 0, 1, 2 and so on.
pub struct Sink<'a, const CAPACITY: usize> {
    ring: &'a Ring<CAPACITY>,
    tail: u64,
    room: u64,
}

/// Reads 0, 1, 2 and so on, and nothing else.
pub struct Source<'a, const CAPACITY: usize> {
    ring: &'a Ring<CAPACITY>,
    pub head: u64,
}

impl<'a, const CAPACITY: usize> Sink<'a, CAPACITY> {
    pub fn new(ring: &'a Ring<CAPACITY>) -> Self {
        Self { ring, tail: 0, room: CAPACITY as u64 }
    }

    pub fn write(&mut self, len: u64) -> u64 {
        let lane = self.ring.lane();
        if self.room < len {
            self.room = lane.room(self.tail, CAPACITY as u64).expect("the reader is honest");
        }
        let count = self.room.min(len);
        for place in self.tail..self.tail + count {
            // SAFETY: never dereferenced outside the model checker, which fails if the reader touches the byte meanwhile.
            self.ring.bytes[place as usize % CAPACITY]
                .with_mut(|byte| unsafe { *byte = place as u8 });
        }
        self.tail += count;
        self.room -= count;
        lane.publish(self.tail);
        count
    }

    pub fn must_wake(&self) -> bool {
        self.ring.lane().must_wake_reader()
    }

    pub fn has_room(&self) -> bool {
        self.ring.lane().room(self.tail, CAPACITY as u64) != Ok(0)
    }

    pub fn ask_for_room(&self) -> bool {
        self.ring.lane().writer_goes_to_wait();
        self.has_room()
    }
}

impl<'a, const CAPACITY: usize> Source<'a, CAPACITY> {
    pub fn new(ring: &'a Ring<CAPACITY>) -> Self {
        Self { ring, head: 0 }
    }

    pub fn read(&mut self) -> u64 {
        let lane = self.ring.lane();
        let count = lane.filled(self.head, CAPACITY as u64).expect("the writer is honest");
        if count == 0 {
            return 0;
        }
        for place in self.head..self.head + count {
            // SAFETY: as in `write`.
            let byte = self.ring.bytes[place as usize % CAPACITY].with(|byte| unsafe { *byte });
            assert_eq!(u64::from(byte), place, "a byte was read that was not written there");
        }
        self.head += count;
        lane.release(self.head);
        count
    }

    pub fn must_wake(&self) -> bool {
        self.ring.lane().must_wake_writer()
    }

    pub fn is_empty(&self) -> bool {
        self.ring.lane().filled(self.head, CAPACITY as u64) == Ok(0)
    }

    pub fn go_to_sleep(&self) {
        self.ring.lane().reader_goes_to_sleep();
    }

    pub fn is_awake(&self) {
        self.ring.lane().reader_is_awake();
    }
}
