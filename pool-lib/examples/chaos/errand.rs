//! The tasks: what they are told to do, and the ways in which they go wrong by themselves.
//!
//! Must not know who asks, or what is expected.

use std::hint::black_box;
use std::process;
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use fastrand::Rng;
use nix::sys::signal::{Signal, raise};
use pool_lib::WorkerExit;
use serde::{Deserialize, Serialize};

use crate::ledger;

/// One task.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct Errand {
    pub(crate) ledger: i32,
    pub(crate) call: u32,
    pub(crate) index: u32,
    pub(crate) deed: Deed,
}

/// What a task does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Deed {
    /// Keeps a core busy for so many microseconds.
    Work(u32),
    /// Waits for so many milliseconds.
    Nap(u32),
    Panic,
    Crash(Crash),
    /// Never ends.
    Loop,
    /// Crashes in some way at about every other attempt.
    Flaky,
}

/// How a task takes its worker along.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Crash {
    Segv,
    Abort,
    Exit(i32),
    Overflow,
}

impl Crash {
    pub(crate) fn random(rng: &mut Rng) -> Self {
        match rng.u8(..4) {
            0 => Crash::Segv,
            1 => Crash::Abort,
            2 => Crash::Exit(rng.i32(0..=99)),
            _ => Crash::Overflow,
        }
    }

    /// Whether this crash looks like that.
    fn explains(self, exit: WorkerExit) -> bool {
        let signal = |signal: Signal| exit == WorkerExit::Signal(signal as i32);
        match self {
            Crash::Segv => signal(Signal::SIGSEGV),
            Crash::Abort => signal(Signal::SIGABRT),
            Crash::Exit(code) => exit == WorkerExit::Code(code),
            // std turns the fault into a message and an abort, where its handler is at work.
            Crash::Overflow => signal(Signal::SIGSEGV) || signal(Signal::SIGABRT),
        }
    }
}

impl Deed {
    /// Whether a task that did this can have taken its worker along in this way by itself.
    pub(crate) fn explains(self, exit: WorkerExit) -> bool {
        match self {
            Deed::Crash(crash) => crash.explains(exit),
            Deed::Flaky => {
                let exited = matches!(exit, WorkerExit::Code(0..=99));
                exited || [Crash::Segv, Crash::Abort].into_iter().any(|crash| crash.explains(exit))
            }
            _ => false,
        }
    }

    /// Whether a task that does this can have a result.
    pub(crate) fn returns(self) -> bool {
        matches!(self, Deed::Work(_) | Deed::Nap(_) | Deed::Flaky)
    }
}

/// The one right result of a task.
pub(crate) fn answer(call: u32, index: u32) -> u64 {
    let mixed = (u64::from(call) << 32 | u64::from(index)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    mixed ^ mixed >> 29
}

/// In a worker.
pub(crate) fn run(errand: Errand) -> u64 {
    let Errand { ledger, call, index, deed } = errand;
    ledger::begun(ledger, call, index);
    act(deed);
    ledger::ended(ledger, call, index);
    answer(call, index)
}

/// In a worker: the same in pieces, for `starmap`.
pub(crate) fn run_in_pieces(ledger: i32, call: u32, index: u32, deed: Deed) -> u64 {
    run(Errand { ledger, call, index, deed })
}

fn act(deed: Deed) {
    match deed {
        Deed::Work(micros) => {
            let until = Instant::now() + Duration::from_micros(u64::from(micros));
            while Instant::now() < until {
                std::hint::spin_loop();
            }
        }
        Deed::Nap(millis) => thread::sleep(Duration::from_millis(u64::from(millis))),
        Deed::Panic => panic!("asked to"),
        Deed::Crash(crash) => go_down(crash),
        Deed::Loop => loop {
            std::hint::spin_loop();
        },
        Deed::Flaky => {
            let time = SystemTime::UNIX_EPOCH.elapsed().map_or(0, |time| time.as_nanos() as u64);
            let mut rng = Rng::with_seed(time ^ u64::from(process::id()) << 32);
            if rng.bool() {
                go_down(Crash::random(&mut rng));
            }
        }
    }
}

fn go_down(crash: Crash) {
    match crash {
        Crash::Segv => drop(raise(Signal::SIGSEGV)),
        Crash::Abort => process::abort(),
        Crash::Exit(code) => process::exit(code),
        Crash::Overflow => drop(black_box(deeper(black_box(1)))),
    }
}

#[allow(unconditional_recursion, reason = "to overflow the stack is what it is for")]
fn deeper(depth: u64) -> u64 {
    let frame = black_box([depth; 512]);
    deeper(depth + 1) + frame[black_box(7)]
}
