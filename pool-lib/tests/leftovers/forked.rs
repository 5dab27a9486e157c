//! A program that forks while it has a pool: the copy has none, is told so, and does no harm.
//!
//! Must not make pools in the copy: that is an ordinary program.

use std::process::exit;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{ForkResult, fork};
use pool_lib::{Event, Pool, StartMethod, TaskError, TaskHandle};

use crate::gate::{Gate, Visitor, visit};
use crate::snapshot::leaves_nothing;
use crate::{Scenario, double};

pub(crate) const SCENARIOS: &[Scenario] = &[("a_fork_of_the_program_has_no_workers", forked)];

fn forked(method: StartMethod) {
    leaves_nothing(|| {
        let heard = Arc::new(AtomicU32::new(0));
        let counted = Arc::clone(&heard);
        let listener = move |_: &Event| _ = counted.fetch_add(1, Ordering::Relaxed);
        let pool = Pool::builder().start_method(method).processes(2).on_event(listener);
        let pool = pool.build().unwrap();
        let before = [10, 20].map(|n| pool.apply_async(double, n));
        let (results, waiting) = with_a_gap(&pool);
        #[allow(unsafe_code, reason = "the point of it")]
        // SAFETY: the copy uses the pool, which this is about, and memory, which the C library takes care of.
        let copy = match unsafe { fork() }.unwrap() {
            ForkResult::Child => {
                let told = is_told_of_the_gap(results) && is_told(pool, before);
                exit(i32::from(!told))
            }
            ForkResult::Parent { child } => child,
        };
        waiting.release();
        assert_eq!(results.map(Result::unwrap).collect::<Vec<_>>(), [0, 1, 2, 3]);
        assert_eq!(pool.map(double, 0..10_000).unwrap()[9999], 19_998);
        assert_eq!(waitpid(copy, None), Ok(WaitStatus::Exited(copy, 0)));
        assert_eq!(before.map(|handle| handle.wait().unwrap()), [20, 40]);
        assert_eq!(pool.map(double, 0..10_000).unwrap()[9999], 19_998);
        assert_eq!(pool.stats().workers_started, 2);
        drop(pool);
        // At least the ends of the tasks, all of which were heard of when the drop was over.
        assert!(heard.load(Ordering::Relaxed) > 20_000);
    });
}

/// Results of which the first is missing, and the others are there.
fn with_a_gap(pool: &Pool) -> (impl Iterator<Item = Result<u64, TaskError>> + use<>, Visitor) {
    let gate = Gate::new();
    let name = gate.name();
    let items = (0..4).map(move |n| ((n == 0).then(|| name.clone()), n));
    let mut results = pool.imap(held_if_told, items);
    // This begins them; the first one cannot be there, and the others come before what is asked for behind them.
    assert!(results.next_timeout(Duration::ZERO).is_none());
    let visitor = gate.accept();
    assert_eq!(pool.apply(double, 1).unwrap(), 2);
    assert!(results.next_timeout(Duration::ZERO).is_none());
    (results, visitor)
}

/// In the copy: what is there is had, and what is missing is told of.
fn is_told_of_the_gap(results: impl Iterator<Item = Result<u64, TaskError>>) -> bool {
    let outcomes: Vec<_> = results.collect();
    let expected = |(index, outcome): (usize, &Result<u64, TaskError>)| match outcome {
        Ok(value) => index > 0 && *value == index as u64,
        Err(error) => error.index() == index && error.to_string().contains("forked from"),
    };
    outcomes.len() == 4 && outcomes.iter().enumerate().all(expected)
}

fn held_if_told((gate, number): (Option<String>, u64)) -> u64 {
    if let Some(gate) = gate {
        visit(&gate, number);
    }
    number
}

/// In the copy, which has no other way to tell than its end.
fn is_told(pool: Pool, before: [TaskHandle<u64>; 2]) -> bool {
    let told = |error: TaskError| error.to_string().contains("forked from");
    let told = told(pool.apply(double, 1).unwrap_err())
        && told(pool.map(double, 0..100_000).unwrap_err())
        && told(pool.apply_async(double, 1).wait().unwrap_err())
        && told(pool.imap(double, 0..).next().unwrap().unwrap_err())
        && told(pool.imap_unordered(double, 0..).last().unwrap().unwrap_err())
        && before.into_iter().all(|handle| told(handle.wait().unwrap_err()));
    pool.join();
    pool.terminate();
    drop(pool);
    told
}
