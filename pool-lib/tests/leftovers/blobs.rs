//! Blobs leave nothing: no descriptor and no mapping, in the program or in a worker.
//!
//! Must not test what blobs are for.

use std::{fs, thread};

use nix::sys::resource::{Resource, getrlimit, setrlimit};
use nix::sys::signal::{Signal, kill, raise};
use nix::unistd::Pid;
use pool_lib::{Blob, Pool, Shared, StartMethod};

use crate::snapshot::leaves_nothing;
use crate::{Scenario, pool};

pub(crate) const SCENARIOS: &[Scenario] = &[
    ("blobs_leave_nothing", used),
    ("blobs_of_dead_workers_leave_nothing", died),
    ("blobs_for_a_stopped_worker_are_let_go", stopped),
    ("ten_thousand_blobs_at_ulimit_64", ten_thousand),
    ("shared_results_are_let_go", shared_results),
    ("a_blob_beyond_the_limit_of_files_is_an_error", beyond_the_limit_of_files),
];

fn blob(len: usize) -> Blob {
    Blob::copy_of(&vec![1_u8; len]).unwrap()
}

/// How many descriptors are open in this process, and how many mappings are of blobs.
fn held() -> (usize, usize) {
    let maps = fs::read_to_string("/proc/self/maps").unwrap();
    let blobs = maps.lines().filter(|line| line.contains("pool-lib blob")).count();
    (fs::read_dir("/proc/self/fd").unwrap().count(), blobs)
}

fn used(method: StartMethod) {
    leaves_nothing(|| {
        let pool = pool(method, 1);
        let before = pool.apply(|()| held(), ()).unwrap();
        assert_eq!((before.1, held().1), (0, 0));
        let kept = blob(5000);
        for _ in 0..3 {
            // Given back, dropped there, made there, and not waited for.
            assert_eq!(pool.map(|blob: Blob| blob, vec![kept.clone(); 40]).unwrap().len(), 40);
            assert_eq!(pool.map(|blob: Blob| blob.len(), (0..40).map(blob)).unwrap().len(), 40);
            assert_eq!(
                pool.map(|len: usize| Blob::copy_of(&vec![2_u8; len]).unwrap(), 0..40)
                    .unwrap()
                    .len(),
                40
            );
            drop(pool.map_async(|blob: Blob| blob, vec![kept.clone(); 40]));
        }
        assert_eq!(pool.apply(|()| held(), ()).unwrap(), before);
        drop(kept);
        // Nobody has waited for the tasks of the last call, and calls take turns.
        while held().1 != 0 {
            thread::yield_now();
        }
        // What a worker remembers is bounded.
        let shared = (0..50_u32).map(|n| Shared::new(n).unwrap());
        assert_eq!(pool.map(|n: Shared<u32>| *n, shared).unwrap().len(), 50);
        assert_eq!(pool.apply(|()| held(), ()).unwrap(), (before.0 + 8, 8));
    });
}

fn died(method: StartMethod) {
    leaves_nothing(|| {
        let pool = pool(method, 2);
        let die = |blob: Blob| {
            if blob.len().is_multiple_of(3) {
                raise(Signal::SIGKILL).unwrap();
            }
            blob
        };
        let results: Vec<_> = pool.imap(die, (0..30).map(blob)).collect();
        for (len, result) in results.iter().enumerate() {
            assert_eq!(
                result.as_ref().ok().map(|blob| blob.len()),
                (!len.is_multiple_of(3)).then_some(len)
            );
        }
        // The rest is called off with the pool.
        drop(pool.map_async(die, (1..40).map(blob)));
    });
}

/// A worker that is stopped gets its share of the tasks for a while, and others do them. It never sees what was sent with
/// them, and nobody keeps that for it.
fn stopped(method: StartMethod) {
    leaves_nothing(|| {
        let pool = pool(method, 2);
        let stopped = *pool.stats().pids.values().next().unwrap();
        kill(Pid::from_raw(stopped as i32), Signal::SIGSTOP).unwrap();
        let (before, mut most) = (held().0, 0);
        let lazily = pool.call().window(8);
        for result in lazily.imap_unordered(|blob: Blob| blob, (1..5000).map(blob)) {
            assert!(!result.unwrap().is_empty());
            most = most.max(held().0);
        }
        // An argument and a result for each task in the window.
        assert!(most <= before + 20, "{most} descriptors, {before} before");
    });
}

/// The same one in each, and one of its own in each.
fn ten_thousand(method: StartMethod) {
    let (_, hard) = getrlimit(Resource::RLIMIT_NOFILE).unwrap();
    setrlimit(Resource::RLIMIT_NOFILE, 64, hard).unwrap();
    leaves_nothing(|| {
        let pool = pool(method, 4);
        let one = blob(100);
        let lens = pool.map(|blob: Blob| blob.len(), (0..10_000).map(|_| one.clone())).unwrap();
        assert!(lens.len() == 10_000 && lens.iter().all(|len| *len == 100));
        let lazily = pool.call().window(8);
        let lazily = lazily.imap(|blob: Blob| blob, (0..10_000).map(|n| blob(n % 50)));
        for (n, result) in lazily.enumerate() {
            assert_eq!(result.unwrap().len(), n % 50);
        }
    });
    leaves_nothing(|| {
        let builder = Pool::builder().start_method(method).processes(2).max_tasks_per_worker(1);
        let pool = builder.build().unwrap();
        assert_eq!(pool.map(|blob: Blob| blob.len(), vec![blob(9); 200]).unwrap(), [9; 200]);
    });
}

/// The program has what it has taken, and remembers no other.
fn shared_results(method: StartMethod) {
    leaves_nothing(|| {
        let pool = pool(method, 2);
        let made = pool.map(|n: u64| Shared::new(vec![n; 1000]).unwrap(), 0..20).unwrap();
        assert!(made.iter().zip(0..).all(|(shared, n)| **shared == vec![n; 1000]));
        let sent = vec![made[3].clone(); 100];
        drop(made);
        let back = pool.map(|shared: Shared<Vec<u64>>| shared, sent).unwrap();
        assert_eq!((back.len(), held().1), (100, 1), "one of them is left, a hundred times");
    });
}

/// The kernel would kill the program.
fn beyond_the_limit_of_files(method: StartMethod) {
    let (_, hard) = getrlimit(Resource::RLIMIT_FSIZE).unwrap();
    setrlimit(Resource::RLIMIT_FSIZE, 1 << 20, hard).unwrap();
    leaves_nothing(|| {
        let pool = pool(method, 1);
        let error = Blob::copy_of(&vec![1_u8; (1 << 20) + 1]).unwrap_err();
        assert!(error.to_string().contains("ulimit -f"), "{error}");
        assert_eq!(pool.apply(|blob: Blob| blob.len(), blob(1 << 20)).unwrap(), 1 << 20);
    });
    setrlimit(Resource::RLIMIT_FSIZE, 1 << 10, hard).unwrap();
    let error = Pool::builder().start_method(method).processes(1).build().unwrap_err();
    assert!(error.to_string().contains("ulimit -f"), "{error}");
}
