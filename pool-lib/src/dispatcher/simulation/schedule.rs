//! Schedules: what a seed stands for. A pool, its calls, how often what happens, and then a list of numbers, each of which
//! chooses among what can happen next.
//!
//! Must not know what comes of them.

use std::time::Duration;

use super::super::input::{CallSpec, Limits};

/// The most steps of a schedule before it is brought to its end.
const LONGEST: u64 = 64;

/// Numbers from a seed (splitmix64): the same ones on every machine and with every version of every library, so that a seed
/// means the same schedule for as long as this file does.
#[derive(Clone, Debug)]
pub(super) struct Numbers(u64);

impl Numbers {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ z >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ z >> 31
    }

    /// One of `0..count`.
    pub(super) fn below(&mut self, count: u64) -> u64 {
        self.next() % count
    }

    fn one_in(&mut self, count: u64) -> bool {
        self.below(count) == 0
    }
}

/// What can happen. Which of them do in one schedule, and how often, is drawn for each schedule anew: a fault that is always
/// among ten others never comes twice in a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Happening {
    Append,
    Consume,
    Refuse,
    Seal,
    CancelWaiting,
    CancelAll,
    Open,
    Close,
    Drain,
    Terminate,
    Kill,
    Exit,
    LoseForkServer,
    FailToStart,
    ShortTime,
    LongTime,
    ComeUp,
    Begin,
    EndTask,
    Deliver,
    Stop,
    Continue,
    Echo,
}

use Happening::*;

/// How likely each is, among the others, at its usual frequency.
const USUAL: [(Happening, u32); 23] = [
    (Append, 12),
    (Consume, 8),
    (Refuse, 1),
    (Seal, 2),
    (CancelWaiting, 1),
    (CancelAll, 1),
    (Open, 2),
    (Close, 1),
    (Drain, 1),
    (Terminate, 1),
    (Kill, 4),
    (Exit, 2),
    (LoseForkServer, 1),
    (FailToStart, 2),
    (ShortTime, 5),
    (LongTime, 2),
    (ComeUp, 14),
    (Begin, 24),
    (EndTask, 24),
    (Deliver, 24),
    (Stop, 2),
    (Continue, 2),
    (Echo, 2),
];

/// A pool, what is asked of it, and what happens to it.
#[derive(Clone, Debug)]
pub(super) struct Schedule {
    pub(super) limits: Limits,
    pub(super) calls: Vec<(CallSpec, Pace)>,
    /// Up to which number each happening is chosen.
    pub(super) shares: [u32; USUAL.len()],
    pub(super) steps: Vec<u32>,
    pub(super) ending: u64,
}

/// How those outside go about a call: above all the consumer, if it sets the pace.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pace {
    /// How many tasks it may have under way.
    pub(super) window: u64,
    /// Whether it takes results in the order of the input.
    pub(super) ordered: bool,
    /// How many results it wants when the schedule is used up.
    pub(super) wants: u64,
    /// Whether workers say that they begin a task of it even if it has no timeout.
    pub(super) watched: bool,
    /// How long each of its tasks runs, at the least.
    pub(super) lasts: Duration,
}

impl Schedule {
    pub(super) fn from_seed(seed: u64) -> Self {
        let mut numbers = Numbers::new(seed);
        let limits = Limits {
            processes: 1 + numbers.below(3) as u32,
            tasks_per_worker: numbers.one_in(3).then(|| 1 + numbers.below(4)),
            memory_per_worker: numbers.one_in(4).then(|| 20 + numbers.below(200)),
        };
        let calls = (0..1 + numbers.below(3)).map(|_| call(&mut numbers)).collect();
        let mut sum = 0;
        let shares = USUAL.map(|(_, usual)| {
            sum += match numbers.below(4) {
                0 => 0,
                1 => usual * 4,
                _ => usual,
            };
            sum
        });
        let length = numbers.below(LONGEST);
        let steps = (0..length).map(|_| numbers.next() as u32).collect();
        Self { limits, calls, shares, steps, ending: numbers.next() }
    }

    /// What a step stands for, and a number to choose its object by.
    pub(super) fn happening(&self, step: u32) -> (Happening, usize) {
        let sum = self.shares[USUAL.len() - 1].max(1);
        let (point, which) = (step % 4096 * sum / 4096, (step / 4096) as usize);
        let place = self.shares.iter().position(|share| point < *share).unwrap_or(0);
        (USUAL[place].0, which)
    }
}

/// A call with settings of its own.
pub(super) fn call(numbers: &mut Numbers) -> (CallSpec, Pace) {
    let chunk = numbers.one_in(3).then(|| 1 + numbers.below(3) as u32);
    let timeout = numbers.one_in(3).then(|| Duration::from_millis(1 + numbers.below(30)));
    let spec = CallSpec {
        chunk,
        timeout,
        retries: numbers.below(3) as u32,
        fail_fast: numbers.one_in(5),
        paced: numbers.one_in(3),
    };
    // A chunk goes out only when it is whole, so the window must hold one.
    let window = (1 + numbers.below(6)).max(chunk.map_or(1, u64::from));
    let pace = Pace {
        window,
        ordered: numbers.one_in(2),
        wants: numbers.below(8),
        watched: numbers.one_in(2),
        lasts: match numbers.one_in(4) {
            true => Duration::from_micros([4, 20, 45, 70, 400][numbers.below(5) as usize]),
            false => Duration::ZERO,
        },
    };
    (spec, pace)
}
