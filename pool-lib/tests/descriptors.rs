//! A program with few descriptors: what a pool needs it gets or does without, and nothing leaks.
//!
//! Must not share a process: the limit is that of a whole one.

#[path = "it/solitude.rs"]
#[allow(dead_code, reason = "each binary uses its share of it")]
mod solitude;
#[path = "it/watchdog.rs"]
mod watchdog;

use std::fs::File;
use std::process::Command;

use nix::errno::Errno;
use nix::sys::wait::{WaitPidFlag, waitpid};
use pool_lib::{EventKind, Pool, StartMethod};

const METHODS: [StartMethod; 2] = [StartMethod::ForkServer, StartMethod::Spawn];

/// Runs the test's copy with at most 64 descriptors: a shell sets the limit and becomes the copy.
fn at_most_64(copy: &mut Command) {
    let program = copy.get_program().to_owned();
    let arguments: Vec<_> = copy.get_args().map(ToOwned::to_owned).collect();
    let variables: Vec<_> = copy
        .get_envs()
        .filter_map(|(name, value)| Some((name.to_owned(), value?.to_owned())))
        .collect();
    let mut limited = Command::new("sh");
    limited
        .args(["-c", "ulimit -n 64; exec \"$0\" \"$@\""])
        .arg(program)
        .args(arguments)
        .envs(variables);
    *copy = limited;
}

fn double(n: u64) -> u64 {
    n * 2
}

fn open_all() -> Vec<File> {
    std::iter::from_fn(|| File::open("/dev/null").ok()).collect()
}

/// With any number of descriptors left, a pool is built and works or is refused with an error; in no
/// case anything hangs, and nothing is left of it, not even a zombie.
#[test]
fn however_few_descriptors_are_left() {
    solitude::alone("however_few_descriptors_are_left", at_most_64, || {
        drop(Pool::builder().processes(1).build().unwrap());
        for method in METHODS {
            let (mut built, mut refused) = (0, 0);
            for left in 0..24 {
                let mut taken = open_all();
                taken.truncate(taken.len() - left);
                let before = taken.len();
                match Pool::builder().processes(3).start_method(method).build() {
                    Ok(pool) => {
                        built += 1;
                        assert_eq!(pool.map(double, 0..50).unwrap().len(), 50, "{left} left");
                        drop(pool);
                    }
                    Err(error) => {
                        refused += 1;
                        assert!(!error.to_string().is_empty());
                    }
                }
                // What was free is free again.
                let more = open_all();
                assert_eq!(before + more.len(), before + left, "{method:?}, {left} left");
                drop((taken, more));
                let child = waitpid(None, Some(WaitPidFlag::WNOHANG));
                assert_eq!(child, Err(Errno::ECHILD), "{method:?}, {left} left: a child remains");
            }
            assert!(built > 0 && refused > 0, "{built} built, {refused} refused");
        }
    });
}

/// What the pool was told to keep it cannot have. It works with what there is, and says so.
#[test]
fn the_workers_that_could_not_be_started_are_told_of() {
    let name = "the_workers_that_could_not_be_started_are_told_of";
    solitude::alone(name, at_most_64, || {
        for method in METHODS {
            let builder = Pool::builder().processes(100).start_method(method).trace(true);
            let pool = builder.build().unwrap();
            let stats = pool.stats();
            let (alive, failed) = (stats.pids.len(), stats.workers_failed);
            // Each takes one at least. All places have been tried; the last may be about to be told of.
            assert!(alive < 64 && failed >= 35, "{method:?}: {alive} live, {failed} failed");
            assert_eq!(pool.map(double, 0..50).unwrap().len(), 50);
            pool.join();
            let trace = pool.trace();
            let reasons: Vec<_> = trace
                .events()
                .iter()
                .filter_map(|event| match &event.kind {
                    EventKind::WorkerFailed { why, .. } => Some(why),
                    _ => None,
                })
                .collect();
            assert_eq!(reasons.len() as u64, pool.stats().workers_failed, "{method:?}");
            assert!(reasons.iter().all(|why| why.contains("ulimit -n")), "{method:?}: {reasons:?}");
        }
    });
}

/// A pool that has lost its workers while no descriptor is free gets new ones when there are some.
#[test]
fn a_pool_recovers_when_descriptors_are_free_again() {
    solitude::alone("a_pool_recovers_when_descriptors_are_free_again", at_most_64, || {
        for method in METHODS {
            let pool = Pool::builder().processes(2).start_method(method).build().unwrap();
            let taken = open_all();
            pool.apply(|()| -> () { std::process::abort() }, ()).unwrap_err();
            assert_eq!(pool.map(double, 0..50).unwrap().len(), 50);
            drop(taken);
            assert_eq!(pool.map(double, 0..50).unwrap().len(), 50);
            pool.join();
            let child = waitpid(None, Some(WaitPidFlag::WNOHANG));
            assert_eq!(child, Err(Errno::ECHILD), "{method:?}");
        }
    });
}
