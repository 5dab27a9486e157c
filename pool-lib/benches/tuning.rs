//! What is tuned, each on its own: tasks a second of each verb, one answer, large payloads, starting and replacing processes.
//!
//! `cargo bench -p pool-lib -- --save-baseline before`, then, with the change, `-- --baseline before`.
//!
//! Must not use anything of the pool but its public face, nor compare with others: `benches/peers` does that.

use std::hint::black_box;
use std::time::Duration;

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use pool_lib::{Blob, BlobMut, Pool};

/// As many as the targets speak of.
const WORKERS: usize = 2;
/// Tasks of one call: many enough that what a call costs once does not show.
const TASKS: u64 = 20_000;
/// Tasks of one call in which each gets a process of its own.
const FRESH_TASKS: u64 = 200;
const LARGE: usize = 64 << 20;

fn same(value: u64) -> u64 {
    value
}

fn pool() -> Pool {
    let pool = Pool::builder().processes(WORKERS).build().expect("a pool");
    // Both workers are up, and every page that is touched once has been touched.
    pool.call().chunk_size(1).map(same, 0..1000).expect("trivial tasks succeed");
    pool
}

fn tasks(criterion: &mut Criterion) {
    let pool = pool();
    let mut group = criterion.benchmark_group("tasks");
    group.throughput(Throughput::Elements(TASKS));
    group.bench_function("map, default chunks", |bench| {
        bench.iter(|| pool.map(same, black_box(0..TASKS)).unwrap());
    });
    group.bench_function("map, chunk size 1", |bench| {
        bench.iter(|| pool.call().chunk_size(1).map(same, black_box(0..TASKS)).unwrap());
    });
    group.bench_function("imap, chunk size 1", |bench| {
        bench.iter(|| {
            pool.call().chunk_size(1).imap(same, 0..TASKS).map(Result::unwrap).sum::<u64>()
        });
    });
    group.bench_function("imap_unordered, chunk size 1", |bench| {
        bench.iter(|| {
            pool.call()
                .chunk_size(1)
                .imap_unordered(same, 0..TASKS)
                .map(Result::unwrap)
                .sum::<u64>()
        });
    });
    group.finish();
}

fn answers(criterion: &mut Criterion) {
    let pool = pool();
    let mut group = criterion.benchmark_group("answers");
    group.bench_function("apply, one at a time", |bench| {
        bench.iter(|| pool.apply(same, black_box(7)).unwrap());
    });
    group.bench_function("imap, first result", |bench| {
        // The rest is cut off, outside of the measured time.
        bench.iter_batched(
            || (),
            |()| {
                let mut results = pool.call().chunk_size(1).imap(same, 0..1000);
                (results.next(), results)
            },
            BatchSize::PerIteration,
        );
    });
    group.finish();
}

fn payloads(criterion: &mut Criterion) {
    let pool = pool();
    let mut group = criterion.benchmark_group("payloads");
    group.throughput(Throughput::Bytes(LARGE as u64)).sample_size(10);
    group.measurement_time(Duration::from_secs(8));
    group.bench_function("64 MiB argument", |bench| {
        bench.iter_batched(
            || vec![1; LARGE],
            |bytes| pool.apply(|bytes: Vec<u8>| bytes.len(), bytes).unwrap(),
            BatchSize::PerIteration,
        );
    });
    group.bench_function("64 MiB result", |bench| {
        bench.iter(|| pool.apply(|len: usize| vec![1_u8; len], black_box(LARGE)).unwrap());
    });
    let blob = Blob::copy_of(&vec![1_u8; LARGE]).expect("memory for a blob");
    group.bench_function("64 MiB blob, handed over", |bench| {
        bench.iter(|| pool.apply(|blob: Blob| blob.len(), blob.clone()).unwrap());
    });
    group.bench_function("64 MiB blob, there and back", |bench| {
        bench.iter(|| pool.apply(|blob: Blob| blob, blob.clone()).unwrap());
    });
    // Its pages are there already.
    group.bench_function("64 MiB blob, filled and read", |bench| {
        bench.iter_batched(
            || BlobMut::zeroed(LARGE).expect("memory for a blob"),
            |mut blob| {
                blob.fill(1);
                let sum = |blob: Blob| blob.numbers::<u64>().iter().fold(0, |sum: u64, n| sum ^ n);
                pool.apply(sum, blob.freeze().unwrap()).unwrap()
            },
            BatchSize::PerIteration,
        );
    });
    group.finish();
}

fn processes(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("processes");
    group.sample_size(20);
    group.bench_function("build, first result, drop (four workers)", |bench| {
        bench.iter(|| {
            let pool = Pool::builder().processes(4).build().unwrap();
            pool.apply(same, 7).unwrap()
        });
    });
    let pool = Pool::builder().processes(WORKERS).max_tasks_per_worker(1).build().expect("a pool");
    group.throughput(Throughput::Elements(FRESH_TASKS)).sample_size(10);
    group.bench_function("a fresh process for every task", |bench| {
        bench.iter(|| pool.call().chunk_size(1).map(same, 0..FRESH_TASKS).unwrap());
    });
    group.finish();
}

criterion_group!(benches, tasks, answers, payloads, processes);
criterion_main!(benches);
