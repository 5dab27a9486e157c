//! pool-lib, by its public face.
//!
//! Must not set anything that the work does not ask for: what counts is what one gets.

use std::hint::black_box;
use std::time::{Duration, Instant};

use pool_lib::{Blob, BlobMut, Pool};

use crate::stage::{CRUNCHES, Stage, crunch, same, say, sleep_us};
use crate::work::{LARGE, Work};

fn pool(stage: &Stage) -> Pool {
    let pool = Pool::builder().processes(stage.workers).build().expect("a pool");
    pool.call().chunk_size(1).map(same, 0..100).expect("trivial tasks succeed");
    pool
}

pub(super) fn play(stage: &Stage) -> bool {
    match stage.work {
        Work::MapOne => {
            let pool = pool(stage);
            stage.per_task(1 << 20, |n| {
                black_box(pool.call().chunk_size(1).map(same, 0..n).unwrap());
            });
        }
        Work::MapDefault => {
            let pool = pool(stage);
            stage.per_task(1 << 22, |n| {
                black_box(pool.map(same, 0..n).unwrap());
            });
        }
        Work::ImapOne => {
            let pool = pool(stage);
            stage.per_task(1 << 20, |n| {
                let results = pool.call().chunk_size(1).imap(same, 0..n);
                assert_eq!(results.map(Result::unwrap).count() as u64, n);
            });
        }
        Work::ImapUnordered => {
            let pool = pool(stage);
            stage.per_task(1 << 20, |n| {
                let results = pool.call().chunk_size(1).imap_unordered(same, 0..n);
                assert_eq!(results.map(Result::unwrap).count() as u64, n);
            });
        }
        Work::ImapFirst => {
            let pool = pool(stage);
            stage.median(["ns"], || {
                let began = Instant::now();
                let mut results = pool.call().chunk_size(1).imap(same, 0..1000);
                results.next().unwrap().unwrap();
                let first = began.elapsed();
                assert_eq!(results.count(), 999);
                [first]
            });
        }
        Work::Apply | Work::ApplyAsleep => {
            let pool = pool(stage);
            stage.answers(|value| pool.apply(same, value).unwrap());
        }
        Work::Argument => {
            let pool = pool(stage);
            stage.median(["ns"], || {
                let bytes = vec![1_u8; LARGE];
                let began = Instant::now();
                assert_eq!(pool.apply(|bytes: Vec<u8>| bytes.len(), bytes).unwrap(), LARGE);
                [began.elapsed()]
            });
        }
        Work::Result => {
            let pool = pool(stage);
            stage.median(["ns"], || {
                let began = Instant::now();
                let bytes = pool.apply(|len: usize| vec![1_u8; len], LARGE).unwrap();
                let took = began.elapsed();
                assert_eq!(bytes.len(), LARGE);
                [took]
            });
        }
        Work::Blob => {
            let pool = pool(stage);
            let read = |blob: Blob| blob.numbers::<u64>().iter().fold(0, |all: u64, n| all ^ n);
            stage.median(["filled", "handed"], || {
                let mut blob = BlobMut::zeroed(LARGE).expect("memory for a blob");
                let began = Instant::now();
                blob.fill(1);
                let blob = blob.freeze().expect("a blob");
                black_box(pool.apply(read, blob.clone()).unwrap());
                let filled = began.elapsed();
                let began = Instant::now();
                assert_eq!(pool.apply(|blob: Blob| blob.len(), blob).unwrap(), LARGE);
                [filled, began.elapsed()]
            });
        }
        Work::Life => stage.median(["first", "total"], || {
            let began = Instant::now();
            let pool = Pool::builder().processes(4).build().unwrap();
            pool.apply(same, 7).unwrap();
            let first = began.elapsed();
            drop(pool);
            [first, began.elapsed()]
        }),
        Work::Fresh => {
            let pool = Pool::builder().processes(stage.workers).max_tasks_per_worker(1);
            let pool = pool.build().expect("a pool");
            stage.per_task(2000, |n| {
                black_box(pool.call().chunk_size(1).map(same, 0..n).unwrap());
            });
        }
        Work::Equal => {
            let pool = pool(stage);
            stage.efficiency(|| {
                black_box(pool.map(crunch, 0..CRUNCHES).unwrap());
            });
        }
        Work::UnevenRandom | Work::UnevenLate => {
            let pool = pool(stage);
            stage.makespan(|lengths| {
                black_box(pool.map(sleep_us, lengths).unwrap());
            });
        }
        Work::MapMemory => {
            let pool = pool(stage);
            stage.growth("growth", 1, || pool.map(same, 0..stage.items).unwrap());
        }
        Work::ImapSlow => {
            let pool = pool(stage);
            stage.slowly(|source| pool.imap(same, source));
        }
        Work::ImapMany => {
            let pool = pool(stage);
            let items = 10 * stage.items;
            stage.growth("growth", 1, || {
                let began = Instant::now();
                let results = pool.imap(same, 0..items).map(Result::unwrap);
                assert_eq!(results.count() as u64, items);
                say("ns", began.elapsed().as_nanos() as f64 / items as f64);
            });
        }
        Work::Queued => {
            let pool = pool(stage);
            for _ in 0..stage.workers {
                drop(pool.apply_async(sleep_us, Duration::from_secs(600).as_micros() as u64));
            }
            stage.growth("bytes", stage.items, || {
                (0..stage.items).map(|item| pool.apply_async(same, item)).collect::<Vec<_>>()
            });
            pool.terminate();
        }
        Work::Idle => {
            let pool = pool(stage);
            stage.hold();
            drop(pool);
        }
    }
    true
}
