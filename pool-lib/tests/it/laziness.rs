//! The iterators that deliver: order, how far they pull their source, and every way of stopping half-way.
//!
//! Must not test what a failed task looks like.

use std::cell::Cell;
use std::fs::{self, OpenOptions};
use std::io::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::time::Duration;
use std::{env, process, thread};

use pool_lib::{Pool, TaskError, TaskErrorKind};

use crate::gate::{Gate, visit};
use crate::pool;

const A_MOMENT: Duration = Duration::from_millis(20);

fn double(n: u64) -> u64 {
    n * 2
}

/// Waits at the gate if it is given one.
fn held((gate, number): (Option<String>, u64)) -> u64 {
    if let Some(gate) = gate {
        visit(&gate, number);
    }
    number
}

/// Only the first of the items has to wait.
fn only_first_held(gate: &Gate, count: u64) -> impl Iterator<Item = (Option<String>, u64)> {
    let name = gate.name();
    (0..count).map(move |number| ((number == 0).then(|| name.clone()), number))
}

both_ways! {
    fn imap_ordered_and_ends_once(method) {
        let pool = pool(method, 3);
        let mut results = pool.imap(double, 0..50);
        for n in 0..50 {
            assert_eq!(results.next().unwrap().unwrap(), n * 2);
        }
        assert!(results.next().is_none());
        assert!(results.next().is_none());
        assert_eq!(results.next_timeout(Duration::ZERO).unwrap().map(Result::unwrap), None);
    }
}

/// Writes down in a file that it is done.
fn note((path, text): (String, String)) -> usize {
    thread::sleep(Duration::from_millis(2));
    let mut file = OpenOptions::new().append(true).open(path).unwrap();
    file.write_all(b".").unwrap();
    text.len()
}

both_ways! {
    /// A map takes from its source what can be worked on, not what it has: that may be more than there is memory.
    fn large_arguments_do_not_pile_up(method) {
        let pool = pool(method, 1);
        let name = format!("pool-lib-notes-{}-{method:?}", process::id());
        let notes = env::temp_dir().join(name);
        fs::write(&notes, "").unwrap();
        let most = Cell::new(0);
        let items = (0..200_u64).map(|pulled| {
            let done = fs::metadata(&notes).unwrap().len();
            most.set(most.get().max(pulled - done));
            (notes.to_str().unwrap().to_owned(), " ".repeat(1 << 20))
        });
        assert_eq!(pool.map(note, items).unwrap(), [1 << 20; 200]);
        fs::remove_file(&notes).unwrap();
        assert!(most.get() <= 70, "{} MiB were under way", most.get());
    }
}

both_ways! {
    fn imap_unordered_same_multiset(method) {
        let pool = pool(method, 3);
        let results = pool.imap_unordered(|n: u64| n / 3, 0..500);
        let mut results: Vec<u64> = results.map(Result::unwrap).collect();
        results.sort_unstable();
        assert_eq!(results, (0..500).map(|n| n / 3).collect::<Vec<_>>());
    }
}

both_ways! {
    fn slow_first_item_not_overtaken(method) {
        let pool = pool(method, 2);
        let gate = Gate::new();
        let mut results = pool.imap(held, only_first_held(&gate, 10));
        assert!(results.next_timeout(Duration::ZERO).is_none());
        let first = gate.accept();
        assert!(results.next_timeout(A_MOMENT).is_none());
        first.release();
        let results: Vec<u64> = results.map(Result::unwrap).collect();
        assert_eq!(results, (0..10).collect::<Vec<_>>());
    }
}

both_ways! {
    fn slow_first_item_overtaken_in_imap_unordered(method) {
        let pool = pool(method, 2);
        let gate = Gate::new();
        let mut results = pool.imap_unordered(held, only_first_held(&gate, 10));
        let mut early: Vec<u64> = (0..9).map(|_| results.next().unwrap().unwrap()).collect();
        early.sort_unstable();
        assert_eq!(early, (1..10).collect::<Vec<_>>());
        gate.accept().release();
        assert_eq!(results.next().unwrap().unwrap(), 0);
        assert!(results.next().is_none());
    }
}

both_ways! {
    fn infinite_source_take_five(method) {
        let pool = pool(method, 2);
        // Neither Send nor finite.
        let pulled = Rc::new(Cell::new(0));
        let source = || {
            pulled.set(0);
            let pulled = Rc::clone(&pulled);
            (0..).inspect(move |_| pulled.set(pulled.get() + 1))
        };
        let five: Vec<u64> = pool.imap(double, source()).take(5).map(Result::unwrap).collect();
        assert_eq!(five, [0, 2, 4, 6, 8]);
        assert!(pulled.get() <= 5 + 16, "{}", pulled.get());
        for window in [1, 2, 3, 7] {
            let mut results = pool.call().window(window).imap(double, source());
            assert_eq!(pulled.get(), 0, "nothing is pulled before the first `next`");
            for taken in 1..=5 {
                results.next().unwrap().unwrap();
                // When it was asked for this one, all but this one had been taken.
                assert!(pulled.get() <= taken - 1 + window, "{} {window}", pulled.get());
            }
            drop(results);
            let results = pool.call().window(window).imap_unordered(double, source());
            assert_eq!(results.take(5).map(Result::unwrap).count(), 5);
            assert!(pulled.get() <= 4 + window, "{} {window}", pulled.get());
        }
        assert_eq!(pool.apply(double, 4).unwrap(), 8);
    }
}

/// What an iterator delivers until its source panics, and what comes after that.
fn until_panic(mut results: impl Iterator<Item = Result<u64, TaskError>>) -> Vec<u64> {
    let mut before = Vec::new();
    let panic = loop {
        match catch_unwind(AssertUnwindSafe(|| results.next())) {
            Ok(Some(result)) => before.push(result.unwrap()),
            Ok(None) => panic!("the source's panic got lost behind {before:?}"),
            Err(panic) => break panic,
        }
    };
    assert_eq!(*panic.downcast_ref::<&str>().unwrap(), "the source breaks");
    assert!(results.next().is_none());
    before
}

fn breaking_at(end: u64) -> impl Iterator<Item = u64> {
    (0..).inspect(move |n| assert!(*n != end, "the source breaks"))
}

both_ways! {
    fn source_panics_first(method) {
        let pool = pool(method, 2);
        assert!(until_panic(pool.imap(double, breaking_at(0))).is_empty());
        assert!(until_panic(pool.imap_unordered(double, breaking_at(0))).is_empty());
        catch_unwind(AssertUnwindSafe(|| pool.map(double, breaking_at(0)))).unwrap_err();
        assert_eq!(pool.apply(double, 4).unwrap(), 8);
    }
}

both_ways! {
    fn source_panics_in_middle(method) {
        let pool = pool(method, 2);
        let expected: Vec<u64> = (0..33).map(double).collect();
        assert_eq!(until_panic(pool.imap(double, breaking_at(33))), expected);
        let mut results = until_panic(pool.imap_unordered(double, breaking_at(33)));
        results.sort_unstable();
        assert_eq!(results, expected);
        catch_unwind(AssertUnwindSafe(|| pool.map(double, breaking_at(3000)))).unwrap_err();
        let started = catch_unwind(AssertUnwindSafe(|| pool.map_async(double, breaking_at(33))));
        assert!(started.is_err());
        assert_eq!(pool.apply(double, 4).unwrap(), 8);
        pool.join();
    }
}

both_ways! {
    fn next_timeout_then_next(method) {
        let pool = pool(method, 1);
        let gate = Gate::new();
        let mut results = pool.imap(held, only_first_held(&gate, 3));
        assert!(results.next_timeout(A_MOMENT).is_none());
        assert!(results.next_timeout(Duration::ZERO).is_none());
        gate.accept().release();
        assert_eq!(results.next().unwrap().unwrap(), 0);
        assert_eq!(results.next_timeout(Duration::MAX).unwrap().unwrap().unwrap(), 1);
        assert_eq!(results.next().unwrap().unwrap(), 2);
        assert!(results.next_timeout(Duration::MAX).unwrap().is_none());
        assert!(gate.is_empty(), "the first task ran twice");
    }
}

both_ways! {
    fn drop_early_frees_workers(method) {
        let pool = pool(method, 1);
        let gate = Gate::new();
        let items = (0..).map(|number| (Some(gate.name()), number));
        let mut results = pool.imap(held, items);
        assert!(results.next_timeout(Duration::ZERO).is_none());
        let first = gate.accept();
        drop(results);
        // What waited is called off in a moment, not before `drop` returns.
        while pool.stats().failed == 0 {
            std::thread::yield_now();
        }
        first.release();
        assert_eq!(pool.apply(double, 4).unwrap(), 8);
        assert!(gate.is_empty(), "a task started after its iterator was dropped");
    }
}

both_ways! {
    fn exact_size_where_known(method) {
        let pool = pool(method, 2);
        let mut results = pool.imap(double, 0..20_u64);
        assert_eq!(results.size_hint(), (20, Some(20)));
        results.next().unwrap().unwrap();
        assert_eq!(results.size_hint(), (19, Some(19)));
        let mut results = pool.imap(double, vec![1, 2, 3]);
        for left in (0..3).rev() {
            results.next().unwrap().unwrap();
            assert_eq!(results.len(), left);
        }
        let results = pool.imap_unordered(double, (0..20).filter(|n| n % 2 == 0));
        assert_eq!(results.size_hint(), (0, Some(20)));
    }
}

both_ways! {
    /// An iterator that cannot go on says so: an end would look as if the input had been done.
    fn close_is_not_the_end_of_the_input(method) {
        let before_the_first = pool(method, 2);
        let mut results = before_the_first.imap(double, 0..);
        before_the_first.close();
        let error = results.next().unwrap().unwrap_err();
        assert_eq!(error.kind(), &TaskErrorKind::Closed);

        let half_way = pool(method, 2);
        let mut results = half_way.call().window(4).imap(double, 0..);
        assert_eq!(results.next().unwrap().unwrap(), 0);
        half_way.join();
        // Not by its own size hint, which is that of an endless source.
        let rest: Vec<_> = std::iter::from_fn(|| results.next()).collect();
        let errors = rest.iter().position(Result::is_err).expect("an end without an error");
        assert!(rest[..errors].iter().map(|result| result.clone().unwrap()).eq((1..).map(double).take(errors)));
        for (index, result) in rest.iter().enumerate().skip(errors) {
            let error = result.as_ref().unwrap_err();
            assert_eq!((error.kind(), error.index()), (&TaskErrorKind::Closed, index + 1));
        }
        assert!(rest.len() <= 4 + 1);
        assert!(results.next().is_none());
    }
}

both_ways! {
    fn terminate_is_not_the_end_of_the_input(method) {
        let before_the_first = pool(method, 2);
        let results = before_the_first.imap(double, 0..100);
        before_the_first.terminate();
        results.collect::<Result<Vec<_>, _>>().unwrap_err();

        let half_way = pool(method, 2);
        let mut results = half_way.imap_unordered(double, 0..100);
        results.next().unwrap().unwrap();
        drop(half_way);
        results.collect::<Result<Vec<_>, _>>().unwrap_err();
    }
}

both_ways! {
    fn a_source_may_use_the_pool(method) {
        let pool = pool(method, 1);
        let inner = |n: u64| pool.apply(double, n).unwrap();
        let results: Result<Vec<u64>, _> = pool.imap(double, (0..20).map(inner)).collect();
        assert_eq!(results.unwrap(), (0..20).map(|n| n * 4).collect::<Vec<_>>());
        assert_eq!(pool.map(double, (0..20).map(inner)).unwrap()[19], 76);
    }
}

both_ways! {
    fn a_chunk_larger_than_the_window_does_not_wait_for_ever(method) {
        let pool = pool(method, 2);
        let call = pool.call().window(3).chunk_size(10);
        let results: Result<Vec<u64>, _> = call.imap(double, 0..95).collect();
        assert_eq!(results.unwrap(), (0..95).map(double).collect::<Vec<_>>());
        let call = pool.call().window(15).chunk_size(10);
        assert_eq!(call.imap_unordered(double, 0..95).map(Result::unwrap).count(), 95);
    }
}

/// The hundredth task fails.
fn until_a_hundred(n: u64) -> u64 {
    assert_ne!(n, 100, "a hundred");
    n
}

both_ways! {
    /// After the first failure nothing more is wanted of the source.
    fn an_endless_source_ends_with_fail_fast(method) {
        let pool = pool(method, 2);
        let call = pool.call().fail_fast(true);
        let errors = [
            call.map(until_a_hundred, 0..).unwrap_err(),
            call.map_async(until_a_hundred, 0..).wait().unwrap_err(),
        ];
        assert!(errors.iter().all(|error| error.index() == 100), "{errors:?}");
        // Of what waited with the other worker some may have been called off that stand before it.
        let cause = |error: &TaskError| error.index() == 100;
        let lazily = call.imap(until_a_hundred, 0..).filter_map(Result::err);
        assert_eq!(lazily.filter(cause).count(), 1);
        let unordered = call.imap_unordered(until_a_hundred, 0..).filter_map(Result::err);
        assert_eq!(unordered.filter(cause).count(), 1);
        assert_eq!(pool.apply(double, 1).unwrap(), 2);
    }
}

both_ways! {
    fn an_endless_source_ends_with_the_pool(method) {
        type Verb = fn(&Pool) -> Option<TaskError>;
        let verbs: [Verb; 4] = [
            |pool| pool.map(double, 0..).err(),
            |pool| pool.map_async(double, 0..).wait().err(),
            |pool| pool.imap(double, 0..).find_map(Result::err),
            |pool| pool.imap_unordered(double, 0..).find_map(Result::err),
        ];
        for verb in verbs {
            let pool = pool(method, 2);
            thread::scope(|scope| {
                let caller = scope.spawn(|| verb(&pool));
                while pool.stats().returned < 1000 {
                    thread::yield_now();
                }
                pool.terminate();
                let error = caller.join().unwrap().expect("a pool that was terminated");
                let kinds = [TaskErrorKind::Cancelled, TaskErrorKind::Closed];
                assert!(kinds.contains(error.kind()), "{error}");
            });
        }
    }
}
