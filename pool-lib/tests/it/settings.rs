//! Any settings together: whatever a pool and a call are told, the results are those of a plain loop, and they come.
//!
//! Must not test what a setting is for.

use std::time::Duration;

use pool_lib::{Call, Pool, StartMethod};
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::{Config, TestRunner};

fn triple(n: u64) -> u64 {
    n.wrapping_mul(3)
}

#[derive(Clone, Copy, Debug)]
enum Verb {
    Map,
    MapAsync,
    Imap,
    ImapUnordered,
    Take(usize),
}

#[derive(Clone, Debug)]
struct Case {
    processes: usize,
    inline: bool,
    trace: bool,
    life: Option<u64>,
    items: u64,
    /// Whether the source says how many there are.
    told: bool,
    chunk: Option<usize>,
    window: Option<usize>,
    timed: bool,
    fail_fast: bool,
    verb: Verb,
}

/// Around every number at which something changes, and beyond.
fn cases() -> impl Strategy<Value = Case> {
    let sizes = [1, 2, 3, 7, 100, 1024, 8192, 16_384, 16_385, 70_000, usize::MAX];
    let chunk = prop::option::of(select(sizes.to_vec()));
    let window = prop::option::of(select(&[1, 2, 10, 1000, usize::MAX][..]));
    let items = select(&[0, 1, 2, 5, 101, 1000, 8191, 8193, 16_385, 33_000][..]);
    let verb = prop_oneof![
        Just(Verb::Map),
        Just(Verb::Map),
        Just(Verb::MapAsync),
        Just(Verb::Imap),
        Just(Verb::ImapUnordered),
        (0_usize..50).prop_map(Verb::Take),
    ];
    let pool = (1_usize..4, any::<[bool; 5]>(), prop::option::of(select(&[7, 1000][..])));
    (pool, items, chunk, window, verb).prop_map(|(pool, items, chunk, window, verb)| {
        let (processes, [inline, trace, told, timed, fail_fast], life) = pool;
        // A process for every few of many tasks would take its time.
        let items = if life == Some(7) { items.min(300) } else { items };
        Case { processes, inline, trace, life, items, told, chunk, window, timed, fail_fast, verb }
    })
}

fn call<'p>(pool: &'p Pool, case: &Case) -> Call<'p> {
    let mut call = pool.call().fail_fast(case.fail_fast);
    if let Some(size) = case.chunk {
        call = call.chunk_size(size);
    }
    if let Some(tasks) = case.window {
        call = call.window(tasks);
    }
    if case.timed { call.timeout(Duration::from_secs(3600)) } else { call }
}

fn results(pool: &Pool, case: &Case) -> Vec<u64> {
    let (call, items) = (call(pool, case), 0..case.items);
    let source: Box<dyn Iterator<Item = u64>> =
        if case.told { Box::new(items) } else { Box::new(items.filter(|_| true)) };
    match case.verb {
        Verb::Map => call.map(triple, source).unwrap(),
        Verb::MapAsync => call.map_async(triple, source).wait().unwrap(),
        Verb::Imap => call.imap(triple, source).map(Result::unwrap).collect(),
        Verb::ImapUnordered => {
            let results = call.imap_unordered(triple, source).map(Result::unwrap);
            let mut results: Vec<_> = results.collect();
            results.sort_unstable();
            results
        }
        Verb::Take(count) => call.imap(triple, source).take(count).map(Result::unwrap).collect(),
    }
}

both_ways! {
    fn any_settings_same_results(method) {
        let mut runner = TestRunner::new(Config { cases: 60, failure_persistence: None, ..Config::default() });
        runner
            .run(&cases(), |case| {
                let pool = Pool::builder().start_method(method).processes(case.processes);
                let pool = pool.inline(case.inline && method == StartMethod::Spawn).trace(case.trace);
                let pool = match case.life {
                    Some(tasks) => pool.max_tasks_per_worker(tasks),
                    None => pool,
                };
                let pool = pool.build().unwrap();
                let results = results(&pool, &case);
                let wanted = match case.verb {
                    Verb::Take(count) => case.items.min(count as u64),
                    _ => case.items,
                };
                prop_assert!(results.into_iter().eq((0..wanted).map(triple)));
                Ok(())
            })
            .unwrap();
    }
}

both_ways! {
    /// There are times that cannot be added to the time of day, and such that the kernel does not take.
    fn a_timeout_beyond_all_time_is_none(method) {
        for timeout in [Duration::MAX, Duration::from_secs(u64::MAX), Duration::from_secs(1 << 40)] {
            let pool = Pool::builder().start_method(method).processes(2).task_timeout(timeout);
            let pool = pool.build().unwrap();
            for call in [pool.call(), pool.call().timeout(timeout)] {
                assert_eq!(call.apply(triple, 1).unwrap(), 3);
                assert_eq!(call.apply_async(triple, 1).wait().unwrap(), 3);
                assert_eq!(call.map(triple, 0..100).unwrap()[99], 297);
                assert_eq!(call.map_async(triple, 0..100).wait().unwrap()[99], 297);
                assert_eq!(call.imap(triple, 0..100).map(Result::unwrap).last(), Some(297));
                assert_eq!(call.imap_unordered(triple, 0..100).map(Result::unwrap).count(), 100);
            }
            // One that runs while the pool's own thread sleeps.
            assert_eq!(pool.apply(rest, 20).unwrap(), 20);
        }
    }
}

fn rest(ms: u64) -> u64 {
    std::thread::sleep(Duration::from_millis(ms));
    ms
}
