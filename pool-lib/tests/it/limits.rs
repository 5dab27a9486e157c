//! What workers may use at most: limits that the kernel holds them to, and memory beyond which they are replaced.
//!
//! Must not limit the test process itself: other tests share it.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::Write;
use std::sync::{Arc, Mutex, OnceLock};

use nix::sys::resource::{Resource as Kernel, getrlimit};
use nix::sys::signal::Signal;
use pool_lib::{BuildError, Event, EventKind, Pool, Resource, TaskErrorKind, WorkerExit};

use crate::own_pid;

/// More than this is set nowhere in these tests, and less is no machine's own limit.
const FILES: u64 = 53;

/// In a worker: what is set there.
fn files() -> (u64, u64) {
    getrlimit(Kernel::RLIMIT_NOFILE).unwrap()
}

both_ways! {
    fn limit_holds_before_the_initializer_and_after(method) {
        let builder = Pool::builder().processes(2).start_method(method).max_tasks_per_worker(2);
        // Of two for one resource the later one counts.
        let builder = builder.limit(Resource::OpenFiles, 99).limit(Resource::OpenFiles, FILES);
        let pool = builder.initializer(|| assert_eq!(files(), (FILES, FILES))).build().unwrap();
        let found = pool.map(|()| files(), [(); 9]).unwrap();
        assert!(found.iter().all(|limits| *limits == (FILES, FILES)), "{found:?}");
        assert_ne!(files().0, FILES, "the program itself is limited");
    }
}

/// In a task: goes beyond a limit.
fn exceed(what: u32) -> u64 {
    match what {
        0 => {
            let opened: Vec<_> = std::iter::from_fn(|| File::open("/dev/null").ok()).collect();
            return opened.len() as u64;
        }
        1 => drop(std::hint::black_box(vec![1_u8; 1 << 30])),
        2 => loop {
            std::hint::spin_loop();
        },
        3 => {
            let path = std::env::temp_dir().join(format!("pool-lib-limit-{}", own_pid(())));
            let mut file = File::create(&path).unwrap();
            fs::remove_file(path).unwrap();
            file.write_all(&[1; 8192]).unwrap();
            file.write_all(&[1; 8192]).unwrap();
        }
        _ => unreachable!(),
    }
    0
}

both_ways! {
    /// Whoever exceeds a limit meets the kernel's answer, and only that worker does.
    fn limit_exceeded_costs_one_task(method) {
        let builder = Pool::builder().processes(1).start_method(method).limit(Resource::CoreSize, 0);
        let builder = builder.limit(Resource::OpenFiles, FILES).limit(Resource::Data, 256 << 20);
        let pool = builder.limit(Resource::CpuSeconds, 1).build().unwrap();
        let opened = pool.apply(exceed, 0).unwrap();
        assert!((FILES - 8..FILES).contains(&opened), "{opened}");
        // In a pool of its own: a worker's standard error may be a file as well, and a long one.
        let builder = Pool::builder().processes(1).start_method(method);
        let short = builder.limit(Resource::FileSize, 8192).build().unwrap();
        let exceeded =
            [(&pool, 1, Signal::SIGABRT), (&pool, 2, Signal::SIGXCPU), (&short, 3, Signal::SIGXFSZ)];
        for (pool, what, signal) in exceeded {
            let error = pool.apply(exceed, what).unwrap_err();
            let died = TaskErrorKind::WorkerDied(WorkerExit::Signal(signal as i32));
            assert_eq!(error.kind(), &died);
        }
        assert_ne!(pool.apply(own_pid, ()).unwrap(), std::process::id());
    }
}

both_ways! {
    /// No machine lets a process have that many descriptors, whatever its rights.
    fn limit_that_cannot_be_set_is_a_build_error(method) {
        let builder = Pool::builder().processes(2).start_method(method);
        let error = builder.limit(Resource::OpenFiles, u64::MAX - 1).build().unwrap_err();
        assert!(matches!(error, BuildError::Os(..)), "{error}");
        let text = error.to_string();
        assert!(text.contains("OpenFiles") && text.contains("Operation not permitted"), "{text}");
    }
}

/// Beside this, what a worker has of its own does not count.
const LEAK: usize = 16 << 20;
const ENOUGH: u64 = LEAK as u64 * 3 / 2;

/// In a task: leaves memory behind that was written to.
fn leak(bytes: usize) -> u32 {
    std::mem::forget(vec![1_u8; bytes]);
    std::process::id()
}

both_ways! {
    /// Every second task makes its worker too large; the next one finds another.
    fn recycle_by_memory(method) {
        let sizes = Arc::new(Mutex::new(Vec::new()));
        let heard = Arc::clone(&sizes);
        let listen = move |event: &Event| {
            if let EventKind::WorkerGrown { bytes, .. } = event.kind {
                heard.lock().unwrap().push(bytes);
            }
        };
        let builder = Pool::builder().processes(1).start_method(method).on_event(listen);
        let pool = builder.max_memory_per_worker(ENOUGH).build().unwrap();
        // Asked one by one, so that none is on its way when a worker is found too large.
        let pids: Vec<u32> = (0..6).map(|_| pool.apply(leak, LEAK).unwrap()).collect();
        assert!(pids.chunks(2).all(|pair| pair[0] == pair[1]), "{pids:?}");
        assert_eq!(pids.iter().collect::<BTreeSet<_>>().len(), 3, "{pids:?}");
        // A worker that keeps nothing is kept.
        let pids: BTreeSet<u32> = (0..20).map(|_| pool.apply(own_pid, ()).unwrap()).collect();
        assert_eq!(pids.len(), 1);
        assert_eq!((pool.stats().returned, pool.stats().failed), (26, 0));
        drop(pool);
        let sizes = sizes.lock().unwrap();
        let plausible = |bytes: &u64| (2 * LEAK as u64..3 * LEAK as u64).contains(bytes);
        assert!(sizes.len() == 3 && sizes.iter().all(plausible), "{sizes:?}");
    }
}

both_ways! {
    /// Tasks that wait behind the one that made its worker too large are done all the same, each once.
    fn recycle_by_memory_loses_nothing(method) {
        let builder = Pool::builder().processes(2).start_method(method);
        let pool = builder.max_memory_per_worker(ENOUGH).build().unwrap();
        let mut calls = 0;
        for chunk in [1, 10] {
            let mut pids = BTreeSet::new();
            // A worker looks at its memory only so often, and one that has looked may end what it was sent meanwhile.
            while pids.len() <= 2 {
                assert!(calls < 20, "no worker was replaced, and 3 GiB are gone");
                let items = (0..30_u64).map(|n| (n, if n % 3 == 0 { LEAK } else { 0 }));
                let run = |(n, bytes): (u64, usize)| (n, leak(bytes));
                let results = pool.call().chunk_size(chunk).map(run, items).unwrap();
                assert!(results.iter().map(|(n, _)| *n).eq(0..30));
                pids.extend(results.into_iter().map(|(_, pid)| pid));
                calls += 1;
            }
        }
        assert_eq!((pool.stats().returned, pool.stats().failed), (30 * calls, 0));
    }
}

static TABLE: OnceLock<Vec<u8>> = OnceLock::new();

#[test]
fn recycle_by_memory_leaves_out_what_workers_share() {
    crate::watchdog::guarded("recycle_by_memory_leaves_out_what_workers_share", || {
        let preload = || drop(TABLE.set(vec![1; 4 * LEAK]));
        let builder = Pool::builder().processes(1).max_memory_per_worker(ENOUGH);
        let pool = builder.preload(preload).build().unwrap();
        let read = |step: usize| {
            let table = TABLE.get().unwrap();
            let sum: u64 = table.iter().step_by(step).map(|byte| u64::from(*byte)).sum();
            (sum, std::process::id())
        };
        let pids: BTreeSet<u32> = (0..10)
            .map(|_| pool.apply(read, 4096).unwrap())
            .map(|(sum, pid)| {
                assert_eq!(sum, 4 * LEAK as u64 / 4096);
                pid
            })
            .collect();
        assert_eq!(pids.len(), 1, "{pids:?}");
    });
}
