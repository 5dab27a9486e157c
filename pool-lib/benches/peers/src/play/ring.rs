//! The floor without the kernel: numbers through two rings in shared memory, to one child that sends them back.
//!
//! Must not ever sleep in the kernel: it spins a little, then yields. (A pool that did so would never be idle.)

use std::hint::spin_loop;
use std::num::NonZeroUsize;
use std::sync::atomic::{
    AtomicU64,
    Ordering::{Acquire, Relaxed, Release},
};
use std::thread;
use std::time::Instant;

use nix::sys::mman::{MapFlags, ProtFlags, mmap_anonymous};
use nix::sys::wait::waitpid;

use super::fork::{child, end_with_parent};
use crate::stage::{Stage, same};
use crate::work::{LARGE, Work};

const SLOTS: usize = 1024;
/// Ends the child.
const END: u64 = u64::MAX;

/// One writer, one reader. Each end on cache lines of its own.
#[repr(C, align(128))]
struct Ring {
    written: Line,
    read: Line,
    slots: [AtomicU64; SLOTS],
}

#[repr(C, align(128))]
struct Line(AtomicU64);

/// What both processes see; all zero is its first state.
#[repr(C)]
struct Shared {
    there: Ring,
    back: Ring,
    arena: [AtomicU64; LARGE / 8],
}

impl Ring {
    fn try_push(&self, value: u64) -> bool {
        let written = self.written.0.load(Relaxed);
        if written - self.read.0.load(Acquire) == SLOTS as u64 {
            return false;
        }
        self.slots[written as usize % SLOTS].store(value, Relaxed);
        self.written.0.store(written + 1, Release);
        true
    }

    fn try_pop(&self) -> Option<u64> {
        let read = self.read.0.load(Relaxed);
        if read == self.written.0.load(Acquire) {
            return None;
        }
        let value = self.slots[read as usize % SLOTS].load(Relaxed);
        self.read.0.store(read + 1, Release);
        Some(value)
    }

    fn push(&self, value: u64) {
        patiently(|| self.try_push(value).then_some(()));
    }

    fn pop(&self) -> u64 {
        patiently(|| self.try_pop())
    }
}

fn patiently<T>(mut attempt: impl FnMut() -> Option<T>) -> T {
    for tries in 0_u32.. {
        if let Some(done) = attempt() {
            return done;
        }
        if tries < 100 { spin_loop() } else { thread::yield_now() }
    }
    unreachable!("a side that waits so long has been killed")
}

fn shared() -> &'static Shared {
    let len = NonZeroUsize::new(size_of::<Shared>()).expect("it is not empty");
    let access = ProtFlags::PROT_READ | ProtFlags::PROT_WRITE;
    // SAFETY: a new mapping anywhere harms nobody.
    let map = unsafe { mmap_anonymous(None, len, access, MapFlags::MAP_SHARED) }.expect("memory");
    // SAFETY: the map is as long as the type, aligned to a page, zero (which the type takes), and is never unmapped.
    unsafe { map.cast::<Shared>().as_ref() }
}

/// Writes all of the arena.
fn fill(arena: &[AtomicU64], from: &[u64]) {
    arena.iter().zip(from).for_each(|(to, from)| to.store(*from, Relaxed));
}

pub(super) fn play(stage: &Stage) -> bool {
    let supported = [Work::MapOne, Work::ImapOne, Work::Apply, Work::Argument, Work::Result];
    if !supported.contains(&stage.work) {
        return false;
    }
    let Shared { there, back, arena } = shared();
    let work = stage.work;
    let large = vec![1_u64; LARGE / 8];
    let pid = child(|| {
        end_with_parent();
        loop {
            let value = there.pop();
            match work {
                _ if value == END => return,
                Work::Argument => back.push(arena.iter().map(|word| word.load(Relaxed)).sum()),
                Work::Result => {
                    fill(arena, &large);
                    back.push(value);
                }
                _ => back.push(same(value)),
            }
        }
    });
    match work {
        Work::MapOne | Work::ImapOne => stage.per_task(1 << 20, |n| {
            let (mut sent, mut received) = (0, 0);
            while received < n {
                while sent < n && sent - received < SLOTS as u64 && there.try_push(sent) {
                    sent += 1;
                }
                assert_eq!(back.pop(), received);
                received += 1;
            }
        }),
        Work::Apply => stage.answers(|value| {
            there.push(value);
            back.pop()
        }),
        Work::Argument => stage.median(["ns"], || {
            let began = Instant::now();
            fill(arena, &large);
            there.push(0);
            assert_eq!(back.pop(), LARGE as u64 / 8);
            [began.elapsed()]
        }),
        _ => stage.median(["ns"], || {
            let began = Instant::now();
            there.push(0);
            back.pop();
            let bytes: Vec<u64> = arena.iter().map(|word| word.load(Relaxed)).collect();
            let took = began.elapsed();
            assert_eq!(bytes.len(), LARGE / 8);
            [took]
        }),
    }
    there.push(END);
    waitpid(pid, None).expect("it is our child");
    true
}
