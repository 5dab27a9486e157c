//! Threads: the bound that has no walls. rayon, and threads that take numbers from a crossbeam channel.
//!
//! Must not be taken for an alternative to processes: a crash in one task ends them all.

use std::hint::black_box;
use std::thread;
use std::time::Instant;

use crossbeam_channel::{Receiver, Sender, unbounded};
use rayon::prelude::*;

use crate::stage::{CRUNCHES, Stage, crunch, same, sleep_us};
use crate::work::{LARGE, Work};

pub(super) fn rayon(stage: &Stage) -> bool {
    let build = |threads| rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
    let pool = build(stage.workers);
    let map = |f: fn(u64) -> u64, items: Vec<u64>| -> Vec<u64> {
        pool.install(|| items.into_par_iter().map(f).collect())
    };
    map(same, (0..100).collect());
    match stage.work {
        Work::MapOne => stage.per_task(1 << 22, |n| {
            let items = (0..n as usize).into_par_iter().with_max_len(1);
            black_box(
                pool.install(|| items.map(|n| black_box(same(n as u64))).collect::<Vec<_>>()),
            );
        }),
        Work::MapDefault => stage.per_task(1 << 22, |n| {
            let items = (0..n as usize).into_par_iter();
            black_box(
                pool.install(|| items.map(|n| black_box(same(n as u64))).collect::<Vec<_>>()),
            );
        }),
        Work::Apply | Work::ApplyAsleep => {
            stage.answers(|value| pool.install(|| same(black_box(value))));
        }
        Work::Life => stage.median(["first", "total"], || {
            let began = Instant::now();
            let pool = build(4);
            black_box(pool.install(|| same(black_box(7))));
            let first = began.elapsed();
            drop(pool);
            [first, began.elapsed()]
        }),
        Work::Equal => stage.efficiency(|| {
            black_box(map(crunch, (0..CRUNCHES).collect()));
        }),
        Work::UnevenRandom | Work::UnevenLate => stage.makespan(|lengths| {
            black_box(map(sleep_us, lengths));
        }),
        Work::MapMemory => stage.growth("growth", 1, || {
            pool.install(|| {
                (0..stage.items as usize)
                    .into_par_iter()
                    .map(|n| same(n as u64))
                    .collect::<Vec<_>>()
            })
        }),
        _ => return false,
    }
    true
}

type Job<A, R> = (usize, A, fn(A) -> R);

/// As many threads as asked for around two channels.
struct Threads<A, R> {
    jobs: Option<Sender<Job<A, R>>>,
    results: Receiver<(usize, R)>,
    threads: Vec<thread::JoinHandle<()>>,
}

impl<A: Send + 'static, R: Send + 'static> Threads<A, R> {
    fn new(count: usize) -> Self {
        let (jobs, inbox) = unbounded::<Job<A, R>>();
        let (outbox, results) = unbounded();
        let work = |inbox: Receiver<Job<A, R>>, outbox: Sender<(usize, R)>| {
            for (index, argument, f) in inbox {
                if outbox.send((index, f(argument))).is_err() {
                    return;
                }
            }
        };
        let threads = (0..count)
            .map(|_| {
                let (inbox, outbox) = (inbox.clone(), outbox.clone());
                thread::spawn(move || work(inbox, outbox))
            })
            .collect();
        Self { jobs: Some(jobs), results, threads }
    }

    fn send(&self, index: usize, argument: A, f: fn(A) -> R) {
        self.jobs.as_ref().expect("it is open").send((index, argument, f)).expect("threads run");
    }

    fn apply(&self, f: fn(A) -> R, argument: A) -> R {
        self.send(0, argument, f);
        self.results.recv().expect("threads run").1
    }

    fn map(&self, f: fn(A) -> R, items: impl Iterator<Item = A>) -> Vec<R> {
        let mut count = 0;
        for (index, item) in items.enumerate() {
            self.send(index, item, f);
            count = index + 1;
        }
        let mut results: Vec<Option<R>> = (0..count).map(|_| None).collect();
        for (index, result) in self.results.iter().take(count) {
            results[index] = Some(result);
        }
        results.into_iter().map(|result| result.expect("each came once")).collect()
    }
}

impl<A, R> Drop for Threads<A, R> {
    fn drop(&mut self) {
        self.jobs = None;
        for thread in self.threads.drain(..) {
            thread.join().expect("no task panics");
        }
    }
}

pub(super) fn crossbeam(stage: &Stage) -> bool {
    let pool = Threads::new(stage.workers);
    pool.map(same, 0..100);
    match stage.work {
        Work::MapOne => stage.per_task(1 << 20, |n| {
            black_box(pool.map(same, 0..n));
        }),
        Work::ImapUnordered => stage.per_task(1 << 20, |n| {
            // No more than a window ahead.
            let (mut sent, mut received) = (0, 0);
            while received < n {
                while sent < n && sent - received < 256 {
                    pool.send(0, sent, same);
                    sent += 1;
                }
                black_box(pool.results.recv().expect("threads run"));
                received += 1;
            }
        }),
        Work::Apply | Work::ApplyAsleep => stage.answers(|value| pool.apply(same, value)),
        Work::Result => {
            let pool = Threads::<usize, Vec<u8>>::new(stage.workers);
            stage.median(["ns"], || {
                let began = Instant::now();
                let bytes = pool.apply(|len| vec![1; len], LARGE);
                let took = began.elapsed();
                assert_eq!(bytes.len(), LARGE);
                [took]
            });
        }
        Work::Life => stage.median(["first", "total"], || {
            let began = Instant::now();
            let pool = Threads::new(4);
            pool.apply(same, 7);
            let first = began.elapsed();
            drop(pool);
            [first, began.elapsed()]
        }),
        Work::Equal => stage.efficiency(|| {
            black_box(pool.map(crunch, 0..CRUNCHES));
        }),
        Work::UnevenRandom | Work::UnevenLate => stage.makespan(|lengths| {
            black_box(pool.map(sleep_us, lengths.into_iter()));
        }),
        Work::MapMemory => stage.growth("growth", 1, || pool.map(same, 0..stage.items)),
        _ => return false,
    }
    true
}
