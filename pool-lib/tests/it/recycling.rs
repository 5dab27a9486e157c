//! Timeouts, workers that are replaced after some tasks, and what runs before the first task.
//!
//! Must not assert how long anything took: a timeout is seen by what it kills.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::Duration;

use nix::sys::signal::{SigSet, Signal};
use pool_lib::{BuildError, Pool, StartMethod, Started, TaskErrorKind, WorkerExit};

use crate::gate::{Gate, announce, visit};
use crate::{own_pid, pool};

/// A timeout that no task of these tests outlives unless it is meant to.
const SHORT: Duration = Duration::from_millis(50);
/// One that only a task that never ends outlives.
const LONG: Duration = Duration::from_secs(3600);

fn for_ever() -> ! {
    loop {
        thread::park();
    }
}

fn stuck((gate, index): (String, u64)) -> u64 {
    let _held = announce(&gate, index);
    for_ever()
}

/// The second item never ends.
fn second_stuck(index: u64) -> u64 {
    if index == 1 { for_ever() } else { index }
}

both_ways! {
    fn timeout_kills_only_that_task(method) {
        let pool = pool(method, 2);
        let gate = Gate::new();
        let held = |(gate, index): (String, u64)| {
            visit(&gate, index);
            index
        };
        let spared = pool.call().timeout(LONG).apply_async(held, (gate.name(), 0));
        let visitor = gate.accept();
        let error = pool.call().timeout(SHORT).apply(stuck, (gate.name(), 1)).unwrap_err();
        gate.accept().wait_until_gone();
        assert_eq!(error.kind(), &TaskErrorKind::TimedOut(SHORT));
        assert_eq!((error.started(), error.attempts()), (Started::Yes, 1));
        visitor.release();
        assert_eq!(spared.wait().unwrap(), 0);
    }
}

both_ways! {
    /// The clock of a task starts when the task does: one that waits longer than its timeout for its turn
    /// is none the worse for it.
    fn timeout_starts_with_the_task(method) {
        let pool = pool(method, 1);
        let gate = Gate::new();
        let first = pool.apply_async(stuck, (gate.name(), 0));
        let visitor = gate.accept();
        let second = pool.call().timeout(Duration::from_secs(30)).apply_async(own_pid, ());
        let third = pool.call().timeout(SHORT).apply_async(stuck, (gate.name(), 2));
        // Longer than the third one's timeout, by the very clock that would run it down.
        assert!(third.wait_timeout(SHORT * 3).is_none());
        first.cancel();
        visitor.wait_until_gone();
        second.wait().unwrap();
        let error = third.wait().unwrap_err();
        assert_eq!((error.kind(), error.started()), (&TaskErrorKind::TimedOut(SHORT), Started::Yes));
    }
}

both_ways! {
    fn timeout_inside_chunk(method) {
        let pool = pool(method, 1);
        let call = pool.call().chunk_size(5).timeout(Duration::from_millis(500));
        let results: Vec<_> = call.imap(second_stuck, 0..5).collect();
        for (index, result) in results.into_iter().enumerate() {
            match (index, result) {
                (1, Err(error)) => assert!(matches!(error.kind(), TaskErrorKind::TimedOut(_)), "{error}"),
                (_, result) => assert_eq!(result.unwrap(), index as u64),
            }
        }
    }
}

both_ways! {
    fn timeout_does_not_shrink_the_pool(method) {
        let pool = Pool::builder().processes(2).start_method(method).task_timeout(SHORT).build().unwrap();
        let gate = Gate::new();
        for round in 0..5 {
            let stuck = pool.map_async(stuck, (0..2).map(|index| (gate.name(), index)));
            gate.accept_all(2).into_iter().for_each(|visitor| visitor.wait_until_gone());
            let error = stuck.wait().unwrap_err();
            assert_eq!(error.kind(), &TaskErrorKind::TimedOut(SHORT), "round {round}");
        }
        // Both places are filled again: two tasks meet.
        let held = |(gate, index): (String, u64)| visit(&gate, index);
        let meeting = pool.call().timeout(LONG).map_async(held, (0..2).map(|n| (gate.name(), n)));
        gate.accept_all(2).into_iter().for_each(|visitor| visitor.release());
        meeting.wait().unwrap();
        let stats = pool.stats();
        assert_eq!((stats.submitted, stats.returned, stats.failed), (12, 2, 10));
    }
}

both_ways! {
    /// Tasks that end in the moment in which their time is up have one outcome, like all others.
    fn timeout_at_the_last_moment_counts_once(method) {
        let pool = pool(method, 2);
        let spin = |micros: u64| {
            let start = std::time::Instant::now();
            while start.elapsed() < Duration::from_micros(micros) {}
        };
        let times = (0..300).map(|n| 700 + n * 2);
        let call = pool.call().timeout(Duration::from_millis(1));
        let outcomes: Vec<_> = call.imap_unordered(spin, times).collect();
        assert_eq!(outcomes.len(), 300);
        let returned = outcomes.iter().filter(|outcome| outcome.is_ok()).count() as u64;
        let stats = pool.stats();
        assert_eq!((stats.returned, stats.failed), (returned, 300 - returned));
    }
}

both_ways! {
    fn ignores_sigterm_still_dies(method) {
        let pool = pool(method, 1);
        let gate = Gate::new();
        let stubborn = |(gate, index): (String, u64)| -> u64 {
            // Blocking does here what ignoring does, without a handler.
            SigSet::all().thread_block().unwrap();
            nix::sys::signal::raise(Signal::SIGTERM).unwrap();
            stuck((gate, index))
        };
        pool.call().timeout(SHORT).apply(stubborn, (gate.name(), 0)).unwrap_err();
        gate.accept().wait_until_gone();
        drop(pool.apply_async(stubborn, (gate.name(), 1)));
        let visitor = gate.accept();
        drop(pool);
        visitor.wait_until_gone();
    }
}

both_ways! {
    fn max_tasks_per_worker_changes_pids(method) {
        for limit in [1, 3, 7] {
            let builder = Pool::builder().processes(2).start_method(method);
            let pool = builder.max_tasks_per_worker(limit).build().unwrap();
            let pids = pool.map(own_pid, 0..50).unwrap();
            assert_eq!(pids.len(), 50);
            let mut tasks = BTreeMap::new();
            pids.iter().for_each(|pid| *tasks.entry(pid).or_insert(0_u64) += 1);
            assert!(tasks.values().all(|count| *count <= limit), "{tasks:?}");
            let lazily: Vec<u32> = pool.call().chunk_size(4).imap(own_pid, 0..50).map(Result::unwrap).collect();
            assert_eq!(lazily.len(), 50);
            assert_eq!(pool.stats().returned, 100);
            assert_eq!(pool.stats().failed, 0);
            pool.join();
        }
    }
}

static INITIALIZED: AtomicU32 = AtomicU32::new(0);

fn count_initialization() {
    INITIALIZED.fetch_add(1, Ordering::Relaxed);
}

both_ways! {
    fn initializer_runs_once_per_worker(method) {
        let builder = Pool::builder().processes(2).start_method(method);
        let pool = builder.initializer(count_initialization).max_tasks_per_worker(5).build().unwrap();
        let counts = pool.map(|_: u32| INITIALIZED.load(Ordering::Relaxed), 0..60).unwrap();
        assert!(counts.iter().all(|count| *count == 1), "{counts:?}");
        assert_eq!(INITIALIZED.load(Ordering::Relaxed), 0, "it ran in the program itself");
    }
}

#[test]
fn preload_runs_once_and_before_the_fork() {
    crate::watchdog::guarded("preload_runs_once_and_before_the_fork", || {
        static LOADED: AtomicU32 = AtomicU32::new(0);
        let preload = || LOADED.store(std::process::id(), Ordering::Relaxed);
        let builder = Pool::builder().processes(2).max_tasks_per_worker(1);
        let pool = builder.preload(preload).build().unwrap();
        let loaded = pool.map(|_: u32| (LOADED.load(Ordering::Relaxed), std::process::id()), 0..10);
        let loaded = loaded.unwrap();
        let server = loaded[0].0;
        assert!(server != 0 && server != std::process::id());
        assert!(loaded.iter().all(|(loaded, own)| *loaded == server && *own != server));
    });
}

/// The error of a pool that cannot be built.
fn refused(builder: pool_lib::PoolBuilder) -> BuildError {
    builder.build().expect_err("the pool was built all the same")
}

both_ways! {
    fn initializer_failure_is_an_error_not_a_loop(method) {
        let new = || Pool::builder().processes(2).start_method(method);
        let error = refused(new().initializer(|| panic!("no such table")));
        let BuildError::Panicked(panic) = &error else { panic!("{error}") };
        assert_eq!(panic.message(), "no such table");
        assert!(panic.location().unwrap().contains("recycling.rs"));
        let error = refused(new().initializer(|| std::process::exit(3)));
        assert!(matches!(error, BuildError::WorkersDie(WorkerExit::Code(3))), "{error}");
        let text = error.to_string();
        let what_to_do = ["exited with code 3", "look at what the initializer"];
        assert!(what_to_do.iter().all(|words| text.contains(words)), "{text}");
        let error = refused(new().initializer(|| std::process::abort()));
        assert!(matches!(error, BuildError::WorkersDie(WorkerExit::Signal(6))), "{error}");
    }
}

#[test]
fn preload_failure_is_an_error_not_a_loop() {
    crate::watchdog::guarded("preload_failure_is_an_error_not_a_loop", || {
        let new = || Pool::builder().processes(2).start_method(StartMethod::ForkServer);
        let error = refused(new().preload(|| panic!("no such file")));
        let BuildError::Panicked(panic) = &error else { panic!("{error}") };
        assert_eq!(panic.message(), "no such file");
        let error = refused(new().preload(|| std::process::exit(3)));
        let expected = |error: &BuildError, end: WorkerExit| matches!(error, BuildError::ForkServerDies { exit, in_preload: true } if *exit == end);
        assert!(expected(&error, WorkerExit::Code(3)), "{error}");
        let text = error.to_string();
        let told = ["fork server exited with code 3 before the end of `preload`", "look at what"];
        assert!(told.iter().all(|words| text.contains(words)), "{text}");
        let error = refused(new().preload(|| std::process::abort()));
        assert!(expected(&error, WorkerExit::Signal(6)), "{error}");
        let error = refused(new().preload(|| drop(thread::spawn(|| for_ever()))));
        assert!(error.to_string().contains("must not leave threads behind"), "{error}");
    });
}

both_ways! {
    /// A pool in use whose replacements cannot start says so, to what waits and to what comes later.
    fn crash_loop_backs_off(method) {
        let builder = Pool::builder().processes(1).start_method(method).name(format!("l{method:?}"));
        let pool = builder.initializer(fail_if_asked).build().unwrap();
        let leave_marker = |()| {
            std::fs::write(marker(), "").unwrap();
            marker()
        };
        let marker = pool.apply(leave_marker, ()).unwrap();
        let error = pool.apply(|()| -> () { std::process::exit(7) }, ()).unwrap_err();
        assert_eq!(error.kind(), &TaskErrorKind::WorkerDied(WorkerExit::Code(7)));
        let later = pool.apply(own_pid, ()).unwrap_err();
        std::fs::remove_file(marker).unwrap();
        // Not as if the task had panicked: it had not begun.
        let TaskErrorKind::NoWorkers(why) = later.kind() else { panic!("{later}") };
        assert!(why.contains("initializer panicked") && why.contains("asked to fail"), "{why}");
        assert_eq!(later.started(), Started::No);
        let started = pool.stats().workers_started;
        assert!((2..20).contains(&started), "{started} workers were started");
        pool.apply(own_pid, ()).unwrap_err();
        pool.join();
    }
}

/// In a worker: a file of this pool alone. An initializer has no arguments; what it can know is its
/// parent, and the name that the pool gave to its process.
fn marker() -> std::path::PathBuf {
    let name = std::fs::read_to_string("/proc/self/comm").unwrap();
    let name = format!("pool-lib-test-{}-{}", nix::unistd::getppid(), name.trim());
    std::env::temp_dir().join(name)
}

fn fail_if_asked() {
    if marker().exists() {
        // Without the panic hook: in a fresh process, finding the names for a backtrace takes long.
        std::panic::resume_unwind(Box::new("asked to fail"));
    }
}
