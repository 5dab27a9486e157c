//! The verbs and their settings, as everybody meets them first.
//!
//! Must not test what happens when something goes wrong, except for settings that make no sense.

use std::collections::HashSet;
use std::sync::OnceLock;

use nix::sched::{CpuSet, sched_getaffinity, sched_setaffinity};
use nix::unistd::Pid;
use pool_lib::{BuildError, Pool, TaskError, TaskErrorKind};

use crate::gate::{Gate, visit};
use crate::{own_pid, pool};

fn square(n: u64) -> u64 {
    n * n
}

both_ways! {
    fn apply_returns_value(method) {
        let pool = pool(method, 1);
        assert_eq!(pool.apply(square, 12).unwrap(), 144);
        assert_eq!(pool.apply(|()| (), ()).unwrap(), ());
        assert_eq!(pool.apply_async(square, 3).wait().unwrap(), 9);
        let text = pool.apply(|text: String| text.to_uppercase(), "e4".to_owned()).unwrap();
        assert_eq!(text, "E4");
    }
}

both_ways! {
    fn map_equals_serial(method) {
        let pool = pool(method, 3);
        let serial: Vec<u64> = (0..1000).map(square).collect();
        assert_eq!(pool.map(square, 0..1000).unwrap(), serial);
        assert_eq!(pool.map(|n: u64| n * n, 0..1000).unwrap(), serial);
        assert_eq!(pool.map_async(square, 0..1000).wait().unwrap(), serial);
        let lazily: Result<Vec<u64>, _> = pool.imap(square, 0..1000).collect();
        assert_eq!(lazily.unwrap(), serial);
    }
}

#[test]
fn inline_gives_the_same_without_processes() {
    let pool = Pool::builder().processes(2).inline(true).build().unwrap();
    let serial: Vec<u64> = (0..100).map(square).collect();
    assert_eq!(pool.map(square, 0..100).unwrap(), serial);
    assert_eq!(pool.apply(own_pid, ()).unwrap(), std::process::id());
    let error = pool.apply(|()| -> () { panic!("on purpose") }, ()).unwrap_err();
    assert!(matches!(error.kind(), TaskErrorKind::Panicked(_)), "{error}");
    pool.join();
}

/// As one finds it in a program with one pool for all, which a task of it uses as well.
#[test]
fn an_inline_task_cannot_wait_for_its_own_pool() {
    static POOL: OnceLock<Pool> = OnceLock::new();
    let new = || Pool::builder().processes(2).inline(true).build().unwrap();
    let pool = POOL.get_or_init(new);
    let asks = |n: u64| {
        let pool = POOL.get().unwrap();
        let lists = pool.map(square, 0..n).unwrap_err();
        let later = pool.apply_async(square, n).wait().unwrap_err();
        [lists, later].map(|error| error.to_string())
    };
    let told = pool.apply(asks, 3).unwrap();
    assert!(told.iter().all(|told| told.contains("runs inline")), "{told:?}");
    let other = |n: u64| Pool::builder().inline(true).build().unwrap().apply(square, n).unwrap();
    assert_eq!(pool.apply(other, 3).unwrap(), 9);
    assert_eq!(pool.apply(square, 4).unwrap(), 16);
}

both_ways! {
    fn starmap_unpacks_tuples(method) {
        let pool = pool(method, 2);
        assert_eq!(pool.starmap(|a: u32| a, [(1,), (2,)]).unwrap(), [1, 2]);
        let power = |base: u64, exponent: u32| base.pow(exponent);
        assert_eq!(pool.starmap(power, [(2, 10), (3, 4)]).unwrap(), [1024, 81]);
        assert_eq!(pool.starmap_async(power, [(2, 3)]).wait().unwrap(), [8]);
        let mixed = |a: u8, b: String, c: Option<char>| format!("{a}{b}{c:?}");
        assert_eq!(pool.starmap(mixed, [(1, "b".to_owned(), None)]).unwrap(), ["1bNone"]);
        macro_rules! in_order {
            ($($number:literal)+) => {
                // Each argument in its own place: the digits of the result stand in order.
                let digits = star_digits!($($number)+);
                let expected = [$($number as u64),+].map(|n: u64| n.to_string()).concat();
                assert_eq!(pool.starmap(digits, [($($number as u64,)+)]).unwrap(), [expected]);
            };
        }
        in_order!(1 2 3 4);
        in_order!(1 2 3 4 5);
        in_order!(1 2 3 4 5 6);
        in_order!(1 2 3 4 5 6 7);
        in_order!(1 2 3 4 5 6 7 8);
        in_order!(1 2 3 4 5 6 7 8 9);
        in_order!(1 2 3 4 5 6 7 8 9 10);
        in_order!(1 2 3 4 5 6 7 8 9 10 11);
        in_order!(1 2 3 4 5 6 7 8 9 10 11 12);
    }
}

/// A closure with as many arguments as there are numbers, which writes them one behind the other.
macro_rules! star_digits {
    (@ [$($name:ident)*] []) => { |$($name: u64),*| [$($name.to_string()),*].concat() };
    (@ [$($name:ident)*] [$next:literal $($rest:literal)*] $free:ident $($more:ident)*) => {
        star_digits!(@ [$($name)* $free] [$($rest)*] $($more)*)
    };
    (@ [$($name:ident)*] [] $($more:ident)*) => { star_digits!(@ [$($name)*] []) };
    ($($number:literal)+) => { star_digits!(@ [] [$($number)+] a b c d e f g h i j k l) };
}
use star_digits;

both_ways! {
    fn empty_input_returns_at_once(method) {
        let pool = pool(method, 2);
        let nothing = || std::iter::empty::<u64>();
        assert!(pool.map(square, nothing()).unwrap().is_empty());
        assert!(pool.map_async(square, nothing()).wait().unwrap().is_empty());
        assert!(pool.map_async(square, nothing()).is_ready());
        let none: [(u64, u32); 0] = [];
        assert!(pool.starmap(|a: u64, b: u32| a.pow(b), none).unwrap().is_empty());
        assert!(pool.starmap_async(|a: u64, b: u32| a.pow(b), none).wait().unwrap().is_empty());
        assert!(pool.imap(square, nothing()).next().is_none());
        assert!(pool.imap_unordered(square, nothing()).next().is_none());
        assert!(pool.call().chunk_size(3).map(square, nothing()).unwrap().is_empty());
    }
}

both_ways! {
    fn fewer_items_than_workers(method) {
        let pool = pool(method, 4);
        assert_eq!(pool.map(square, [5]).unwrap(), [25]);
        assert_eq!(pool.call().chunk_size(7).map(square, [5, 6]).unwrap(), [25, 36]);
    }
}

both_ways! {
    fn uneven_chunks(method) {
        let pool = pool(method, 3);
        let serial: Vec<u64> = (0..101).map(square).collect();
        assert_eq!(pool.map(square, 0..101).unwrap(), serial);
        assert_eq!(pool.call().chunk_size(10).map(square, 0..101).unwrap(), serial);
    }
}

both_ways! {
    fn explicit_chunk_size_same_result(method) {
        let pool = pool(method, 2);
        let serial: Vec<u64> = (0..40).map(square).collect();
        for size in [1, 2, 40, 41, usize::MAX] {
            let call = pool.call().chunk_size(size);
            assert_eq!(call.map(square, 0..40).unwrap(), serial, "chunk size {size}");
            let lazily: Result<Vec<u64>, _> = call.imap(square, 0..40).collect();
            assert_eq!(lazily.unwrap(), serial, "chunk size {size}, lazily");
        }
    }
}

both_ways! {
    /// It goes out when it is whole, however many tasks may be under way otherwise.
    fn a_chunk_of_any_size_goes_out(method) {
        let pool = pool(method, 1);
        for size in [8191, 8192, 8193, 1 << 16, (1 << 16) + 1] {
            let count = size as u64 + 2;
            let results = pool.call().chunk_size(size).map(square, 0..count).unwrap();
            assert!(results.into_iter().eq((0..count).map(square)), "chunk size {size}");
        }
    }
}

fn assert_invalid<T: std::fmt::Debug>(result: Result<T, TaskError>) {
    let error = result.unwrap_err();
    assert!(matches!(error.kind(), TaskErrorKind::Invalid(_)), "{error}");
    assert!(error.to_string().contains("must be at least 1"), "{error}");
}

both_ways! {
    fn chunk_size_zero_rejected(method) {
        let pool = pool(method, 1);
        let call = pool.call().chunk_size(0);
        assert_invalid(call.apply(square, 1));
        assert_invalid(call.map(square, 0..3));
        assert_invalid(call.starmap(|a: u64| a, [(1,)]));
        assert_invalid(call.map_async(square, 0..3).wait());
        assert_invalid(call.starmap_async(|a: u64| a, [(1,)]).wait());
        let mut lazily = call.imap(square, 0..);
        assert_invalid(lazily.next().unwrap());
        assert!(lazily.next().is_none());
        let mut lazily = call.imap_unordered(square, 0..);
        assert_invalid(lazily.next().unwrap());
        assert!(lazily.next().is_none());
        assert_eq!(pool.apply(square, 2).unwrap(), 4);
    }
}

both_ways! {
    fn window_zero_rejected(method) {
        let pool = pool(method, 1);
        let mut lazily = pool.call().window(0).imap(square, 0..);
        assert_invalid(lazily.next().unwrap());
        assert!(lazily.next().is_none());
        assert_eq!(pool.apply(square, 2).unwrap(), 4);
    }
}

both_ways! {
    fn zero_processes_rejected(method) {
        let invalid = |builder: pool_lib::PoolBuilder| {
            let error = builder.start_method(method).build().unwrap_err();
            assert!(matches!(error, BuildError::Invalid(_)), "{error}");
            assert!(!error.to_string().is_empty());
        };
        invalid(Pool::builder().processes(0));
        invalid(Pool::builder().processes(1).max_tasks_per_worker(0));
        invalid(Pool::builder().processes(usize::MAX));
    }
}

#[test]
fn preload_without_a_fork_server_rejected() {
    let builder = Pool::builder().processes(1).start_method(pool_lib::StartMethod::Spawn);
    let error = builder.preload(|| ()).build().unwrap_err();
    assert!(matches!(error, BuildError::Invalid(_)), "{error}");
}

both_ways! {
    fn runs_in_other_processes(method) {
        let pool = pool(method, 3);
        let pids: HashSet<u32> = pool.map(own_pid, 0..300).unwrap().into_iter().collect();
        assert!(!pids.contains(&std::process::id()));
        assert!((1..=3).contains(&pids.len()), "{pids:?}");
        let known: HashSet<u32> = pool.worker_pids().into_iter().collect();
        assert!(pids.is_subset(&known), "{pids:?} {known:?}");
        assert_eq!(known.len(), 3);
    }
}

fn meet((gate, number): (String, u64)) -> u64 {
    visit(&gate, number);
    number
}

both_ways! {
    fn sleeps_overlap(method) {
        let pool = pool(method, 4);
        let gate = Gate::new();
        let handle = pool.map_async(meet, (0..4).map(|number| (gate.name(), number)));
        // All four are in their tasks now, each in a process of its own.
        let visitors = gate.accept_all(4);
        let pids: HashSet<u32> = visitors.iter().map(|visitor| visitor.pid).collect();
        assert_eq!(pids.len(), 4);
        visitors.into_iter().for_each(|visitor| visitor.release());
        assert_eq!(handle.wait().unwrap(), [0, 1, 2, 3]);
    }
}

both_ways! {
    /// The quota of a cgroup is read by the same call of std, but only a real one could show it.
    fn default_size_respects_affinity_and_quota(method) {
        // On a thread of its own, because the mask belongs to a thread.
        let bound = std::thread::spawn(move || {
            let this = Pid::from_raw(0);
            let allowed = sched_getaffinity(this).unwrap();
            let first = (0..CpuSet::count()).find(|core| allowed.is_set(*core).unwrap()).unwrap();
            let mut one = CpuSet::new();
            one.set(first).unwrap();
            sched_setaffinity(this, &one).unwrap();
            Pool::builder().start_method(method).build().unwrap().processes()
        });
        assert_eq!(bound.join().unwrap(), 1);
        let here = std::thread::available_parallelism().unwrap().get();
        assert_eq!(Pool::builder().start_method(method).build().unwrap().processes(), here);
    }
}
