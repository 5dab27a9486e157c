//! A pool in a process that may open few descriptors.
//!
//! Must not raise a limit above what it was: it may not be allowed to.

use std::thread;
use std::time::Duration;

use nix::sys::resource::{Resource, getrlimit, setrlimit};
use pool_lib::{Pool, StartMethod, TaskErrorKind};

use crate::snapshot::leaves_nothing;
use crate::{Scenario, double, pool};

pub(crate) const SCENARIOS: &[Scenario] = &[
    ("ten_thousand_tasks_at_ulimit_64", ten_thousand_tasks),
    ("more_workers_than_descriptors_leave_nothing", too_many_workers),
    ("a_limit_that_is_lowered_afterwards_ends_nothing", lowered),
];

fn allow_descriptors(count: u64) {
    let (_, hard) = getrlimit(Resource::RLIMIT_NOFILE).unwrap();
    setrlimit(Resource::RLIMIT_NOFILE, count, hard).unwrap();
}

fn ten_thousand_tasks(method: StartMethod) {
    allow_descriptors(64);
    let serial: Vec<u64> = (0..10_000).map(double).collect();
    leaves_nothing(|| {
        let pool = pool(method, 4);
        assert_eq!(pool.call().chunk_size(1).map(double, 0..10_000).unwrap(), serial);
        let lazily: Result<Vec<_>, _> = pool.imap(double, 0..10_000).collect();
        assert_eq!(lazily.unwrap(), serial);
        // All of them at once: a handle is no descriptor.
        let handles: Vec<_> = (0..10_000).map(|n| pool.apply_async(double, n)).collect();
        assert!(handles.into_iter().map(|handle| handle.wait().unwrap()).eq(serial));
    });
    // And a worker's end gives back what it had.
    leaves_nothing(|| {
        let builder = Pool::builder().start_method(method).processes(4).max_tasks_per_worker(1);
        let pool = builder.build().unwrap();
        assert_eq!(pool.call().chunk_size(1).map(double, 0..200).unwrap()[199], 398);
    });
}

/// How many it gets is its affair, and whether it is content with them; what it began it takes back.
fn too_many_workers(method: StartMethod) {
    allow_descriptors(64);
    for _ in 0..3 {
        leaves_nothing(|| match Pool::builder().start_method(method).processes(100).build() {
            Ok(pool) => assert_eq!(pool.map(double, 0..1000).unwrap()[999], 1998),
            Err(error) => {
                let text = error.to_string();
                let advice = ["Too many open files", "ulimit -n"];
                assert!(advice.iter().all(|words| text.contains(words)), "{text}");
            }
        });
    }
    leaves_nothing(|| assert_eq!(pool(method, 2).apply(double, 4).unwrap(), 8));
}

/// What is open may be used, but no longer be waited for.
fn lowered(method: StartMethod) {
    let (before, _) = getrlimit(Resource::RLIMIT_NOFILE).unwrap();
    leaves_nothing(|| {
        for count in [0, 3, 6] {
            let pool = pool(method, 3);
            allow_descriptors(count);
            assert_eq!(pool.apply(double, 1).unwrap(), 2);
            // Longer than the pool's own thread stays awake.
            thread::sleep(Duration::from_millis(250));
            assert_eq!(pool.map(double, 0..1000).unwrap()[999], 1998);
            let timeout = Duration::from_millis(20);
            let error = pool.call().timeout(timeout).apply(|()| thread::park(), ()).unwrap_err();
            assert_eq!(error.kind(), &TaskErrorKind::TimedOut(timeout));
            assert_eq!(pool.apply(double, 2).unwrap(), 4);
            drop(pool);
            allow_descriptors(before);
        }
    });
}
