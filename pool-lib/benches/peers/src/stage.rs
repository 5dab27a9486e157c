//! What a competitor is told, and how it measures and says its figures: the same for all that are written in Rust.
//!
//! Must not know any competitor.

use std::fs;
use std::hint::black_box;
use std::io::{self, Read, Write};
use std::thread;
use std::time::{Duration, Instant};

use clap::Args;

use crate::work::Work;

/// What a competitor is told on its command line. `pools.py` takes the same.
#[derive(Args, Clone)]
pub(crate) struct Stage {
    #[arg(long)]
    pub(crate) work: Work,
    #[arg(long)]
    pub(crate) workers: usize,
    /// For how long to measure, about.
    #[arg(long)]
    pub(crate) budget_ms: u64,
    /// Items of work that counts bytes.
    #[arg(long)]
    pub(crate) items: u64,
    #[arg(long, value_delimiter = ',')]
    pub(crate) sleeps_us: Vec<u64>,
}

/// The trivial task.
pub(crate) fn same(value: u64) -> u64 {
    value
}

/// A task of an uneven load.
pub(crate) fn sleep_us(length: u64) -> u64 {
    thread::sleep(Duration::from_micros(length));
    length
}

/// A CPU-bound task of some milliseconds.
pub(crate) fn crunch(seed: u64) -> u64 {
    let mut x = seed | 1;
    for _ in 0..5_000_000 {
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
    }
    black_box(x)
}

/// Tasks of the equal load.
pub(crate) const CRUNCHES: u64 = 24;
/// Tasks that the slow consumer takes before it looks how far the source was pulled.
pub(crate) const SLOWLY_TAKEN: usize = 100;

/// Says a figure to the one who holds the contest.
pub(crate) fn say(metric: &str, value: f64) {
    println!("{metric} {value}");
}

impl Stage {
    fn budget(&self) -> Duration {
        Duration::from_millis(self.budget_ms)
    }

    /// Nanoseconds a task, where `run(n)` does n tasks: n is doubled until a run takes a third of the time there is, then
    /// the median of three such runs counts.
    pub(crate) fn per_task(&self, most: u64, mut run: impl FnMut(u64)) {
        let mut timed = |tasks| {
            let began = Instant::now();
            run(tasks);
            began.elapsed()
        };
        let mut tasks = 16.min(most);
        while timed(tasks) < self.budget() / 3 && tasks < most {
            tasks = (tasks * 2).min(most);
        }
        let mut times: Vec<_> = (0..3).map(|_| timed(tasks)).collect();
        times.sort();
        say("ns", times[1].as_nanos() as f64 / tasks as f64);
    }

    /// The median of what `once` says it took, called over and over as long as there is time, at least three times; the
    /// first does not count.
    pub(crate) fn median<const N: usize>(
        &self,
        metrics: [&str; N],
        mut once: impl FnMut() -> [Duration; N],
    ) {
        once();
        let began = Instant::now();
        let mut times: [Vec<Duration>; N] = std::array::from_fn(|_| Vec::new());
        while began.elapsed() < self.budget() || times[0].len() < 3 {
            for (list, time) in times.iter_mut().zip(once()) {
                list.push(time);
            }
        }
        for (metric, list) in metrics.iter().zip(&mut times) {
            list.sort();
            say(metric, list[list.len() / 2].as_nanos() as f64);
        }
    }

    /// Of calls one at a time, with silence before each where the work asks for it.
    pub(crate) fn answers(&self, mut call: impl FnMut(u64) -> u64) {
        self.median(["ns"], || {
            if self.work == Work::ApplyAsleep {
                thread::sleep(Duration::from_millis(3));
            }
            let began = Instant::now();
            black_box(call(black_box(7)));
            [began.elapsed()]
        });
    }

    /// How much of the speed of `workers` processes comes out, where `run` does the crunches 0 to `CRUNCHES` in parallel.
    /// One process does half of them before, half after.
    pub(crate) fn efficiency(&self, run: impl FnOnce()) {
        let alone = |seeds: std::ops::Range<u64>| {
            let began = Instant::now();
            seeds.for_each(|seed| {
                black_box(crunch(seed));
            });
            began.elapsed().as_secs_f64()
        };
        let before = alone(0..CRUNCHES / 2);
        let began = Instant::now();
        run();
        let parallel = began.elapsed().as_secs_f64();
        let after = alone(CRUNCHES / 2..CRUNCHES);
        say("efficiency", (before + after) / (parallel * self.workers as f64));
    }

    /// How many times the ideal `run` takes, which gets the lengths of the tasks. The ideal keeps all workers busy to the
    /// end, or is the longest task.
    pub(crate) fn makespan(&self, run: impl FnOnce(Vec<u64>)) {
        let sum: u64 = self.sleeps_us.iter().sum();
        let longest = self.sleeps_us.iter().copied().max().unwrap_or(0);
        let ideal_us = (sum as f64 / self.workers as f64).max(longest as f64);
        let lengths = self.sleeps_us.clone();
        let began = Instant::now();
        run(lengths);
        say("over_ideal", began.elapsed().as_micros() as f64 / ideal_us);
    }

    /// How much this process grows at its peak while `run` runs, its result still alive.
    pub(crate) fn growth<T>(&self, metric: &str, per: u64, run: impl FnOnce() -> T) {
        let before = resident("VmRSS");
        // Sets the peak back to what is resident now.
        fs::write("/proc/self/clear_refs", "5").expect("/proc/self/clear_refs can be written");
        let result = run();
        let peak = resident("VmHWM");
        drop(result);
        say(metric, peak.saturating_sub(before) as f64 / per as f64);
    }

    /// Growth, and how far the source is ahead, while results are taken slowly from `open(source)`.
    pub(crate) fn slowly<I: Iterator>(&self, open: impl FnOnce(Counted) -> I) {
        let pulled = std::rc::Rc::new(std::cell::Cell::new(0));
        let source = Counted { items: 0..self.items, pulled: pulled.clone() };
        self.growth("growth", 1, || {
            let mut results = open(source);
            for _ in 0..SLOWLY_TAKEN {
                results.next().expect("there are more items");
                thread::sleep(Duration::from_millis(2));
            }
            say("ahead", (pulled.get() - SLOWLY_TAKEN as u64) as f64);
            results
        });
    }

    /// Lets the one who holds the contest look at an idle pool.
    pub(crate) fn hold(&self) {
        println!("ready");
        io::stdout().flush().expect("stdout is open");
        let _ = io::stdin().read(&mut [0]);
    }
}

/// Integers that count how many of them were pulled.
pub(crate) struct Counted {
    items: std::ops::Range<u64>,
    pulled: std::rc::Rc<std::cell::Cell<u64>>,
}

impl Iterator for Counted {
    type Item = u64;

    fn next(&mut self) -> Option<u64> {
        let item = self.items.next();
        self.pulled.set(self.pulled.get() + u64::from(item.is_some()));
        item
    }
}

/// A line of `/proc/self/status`, in bytes.
fn resident(name: &str) -> u64 {
    let status = fs::read_to_string("/proc/self/status").expect("/proc is mounted");
    let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
    let kib = line.and_then(|rest| rest.split_whitespace().next()?.parse::<u64>().ok());
    kib.expect("the kernel says it in kB") * 1024
}
