//! procspawn: a pool with one verb, so `map` is to spawn all and then join all.
//!
//! Must not chunk what it does not chunk.

use std::hint::black_box;
use std::time::{Duration, Instant};

use procspawn::Pool;

use crate::stage::{CRUNCHES, Stage, crunch, same, sleep_us};
use crate::work::{LARGE, Work};

fn pool(workers: usize) -> Pool {
    let pool = Pool::new(workers).expect("a pool");
    map(&pool, same, 0..100);
    pool
}

fn map(pool: &Pool, f: fn(u64) -> u64, items: impl Iterator<Item = u64>) -> Vec<u64> {
    let handles: Vec<_> = items.map(|item| pool.spawn(item, f)).collect();
    handles.into_iter().map(|handle| handle.join().expect("the task succeeds")).collect()
}

pub(super) fn play(stage: &Stage) -> bool {
    match stage.work {
        Work::MapOne => {
            let pool = pool(stage.workers);
            stage.per_task(1 << 16, |n| {
                black_box(map(&pool, same, 0..n));
            });
        }
        Work::Apply | Work::ApplyAsleep => {
            let pool = pool(stage.workers);
            stage.answers(|value| pool.spawn(value, same).join().unwrap());
        }
        Work::Argument => {
            let pool = pool(stage.workers);
            stage.median(["ns"], || {
                let bytes = vec![1_u8; LARGE];
                let began = Instant::now();
                let len = pool.spawn(bytes, |bytes: Vec<u8>| bytes.len()).join().unwrap();
                assert_eq!(len, LARGE);
                [began.elapsed()]
            });
        }
        Work::Result => {
            let pool = pool(stage.workers);
            stage.median(["ns"], || {
                let began = Instant::now();
                let bytes = pool.spawn(LARGE, |len: usize| vec![1_u8; len]).join().unwrap();
                let took = began.elapsed();
                assert_eq!(bytes.len(), LARGE);
                [took]
            });
        }
        Work::Life => stage.median(["first", "total"], || {
            let began = Instant::now();
            let pool = Pool::new(4).unwrap();
            pool.spawn(7, same).join().unwrap();
            let first = began.elapsed();
            pool.shutdown();
            [first, began.elapsed()]
        }),
        Work::Fresh => stage.per_task(400, |n| {
            let mut running = std::collections::VecDeque::new();
            for item in 0..n {
                if running.len() == stage.workers {
                    let first: procspawn::JoinHandle<u64> = running.pop_front().unwrap();
                    first.join().unwrap();
                }
                running.push_back(procspawn::spawn(item, same));
            }
            running.into_iter().for_each(|handle| assert!(handle.join().is_ok()));
        }),
        Work::Equal => {
            let pool = pool(stage.workers);
            stage.efficiency(|| {
                black_box(map(&pool, crunch, 0..CRUNCHES));
            });
        }
        Work::UnevenRandom | Work::UnevenLate => {
            let pool = pool(stage.workers);
            stage.makespan(|lengths| {
                black_box(map(&pool, sleep_us, lengths.into_iter()));
            });
        }
        Work::MapMemory => {
            let pool = pool(stage.workers);
            stage.growth("growth", 1, || map(&pool, same, 0..stage.items));
        }
        Work::Queued => {
            let pool = pool(stage.workers);
            let length = Duration::from_secs(600).as_micros() as u64;
            let busy: Vec<_> = (0..stage.workers).map(|_| pool.spawn(length, sleep_us)).collect();
            stage.growth("bytes", stage.items, || {
                (0..stage.items).map(|item| pool.spawn(item, same)).collect::<Vec<_>>()
            });
            pool.kill();
            drop(busy);
        }
        Work::Idle => {
            let pool = pool(stage.workers);
            stage.hold();
            pool.shutdown();
        }
        // It has neither chunks, nor an iterator, nor memory to share.
        Work::MapDefault
        | Work::ImapOne
        | Work::ImapUnordered
        | Work::ImapFirst
        | Work::ImapSlow
        | Work::ImapMany
        | Work::Blob => {
            return false;
        }
    }
    true
}
