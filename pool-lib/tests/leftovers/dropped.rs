//! After a pool is dropped, its process is as it was before, whatever the pool was doing.
//!
//! Must not kill its own process: see `killed`.

use std::cell::RefCell;
use std::sync::Mutex;
use std::thread;
use std::time::Duration;

use nix::sys::signal::{Signal, kill, raise};
use nix::unistd::Pid;
use pool_lib::{BuildError, Pool, Resource, StartMethod, TaskErrorKind};

use crate::gate::{Gate, visit};
use crate::snapshot::{assert_no_child, children, leaves_nothing};
use crate::{Scenario, double, held, pool};

pub(crate) const SCENARIOS: &[Scenario] = &[
    ("drop_leaves_nothing", idle_or_done),
    ("drop_of_all_settings_leaves_nothing", with_all_settings),
    ("drop_in_the_midst_leaves_nothing", in_the_midst),
    ("close_and_terminate_leave_nothing", closed_and_terminated),
    ("dead_workers_leave_nothing", after_deaths),
    ("stopped_workers_leave_nothing", stopped),
    ("a_killed_fork_server_leaves_nothing", fork_server_killed),
    ("a_failed_build_leaves_nothing", failed_build),
    ("nested_pools_leave_nothing", nested),
    ("pools_of_threads_leave_nothing", of_threads),
    ("a_pool_made_while_unwinding_leaves_nothing", made_while_unwinding),
    ("a_pool_dropped_by_its_own_task_leaves_nothing", by_its_own_task),
];

fn idle_or_done(method: StartMethod) {
    leaves_nothing(|| drop(pool(method, 3)));
    for _ in 0..10 {
        leaves_nothing(|| {
            let pool = pool(method, 3);
            assert_eq!(pool.map(double, 0..100).unwrap()[99], 198);
            assert_eq!(pool.imap(double, 0..).take(5).map(Result::unwrap).last(), Some(8));
        });
    }
    leaves_nothing(|| {
        let pools: Vec<_> = (0..4).map(|_| pool(method, 2)).collect();
        assert!(pools.iter().all(|pool| pool.apply(double, 2).unwrap() == 4));
    });
}

/// With everything that needs threads, descriptors or signals of its own.
fn with_all_settings(method: StartMethod) {
    for _ in 0..3 {
        leaves_nothing(|| {
            let builder = Pool::builder().start_method(method).processes(2);
            let builder = builder.drain_on_signals(true).capture_output(true).on_event(|_| ());
            let builder = builder.max_memory_per_worker(1 << 30).limit(Resource::CoreSize, 0);
            let pool = builder.build().unwrap();
            assert_eq!(pool.map(double, 0..100).unwrap()[99], 198);
            drop(pool.apply_async(end, 0));
        });
    }
}

fn in_the_midst(method: StartMethod) {
    let gate = Gate::new();
    for _ in 0..5 {
        leaves_nothing(|| {
            let pool = pool(method, 3);
            let handle = pool.map_async(held, (0..1000).map(|number| (gate.name(), number)));
            let lazily = pool.imap_unordered(double, 0..);
            let visitors = gate.accept_all(3);
            drop(pool);
            visitors.into_iter().for_each(|visitor| visitor.wait_until_gone());
            // What outlives the pool keeps nothing of it.
            assert_no_child();
            assert_eq!(handle.wait().unwrap_err().kind(), &TaskErrorKind::Cancelled);
            drop(lazily);
        });
    }
}

fn closed_and_terminated(method: StartMethod) {
    let gate = Gate::new();
    leaves_nothing(|| {
        let pool = pool(method, 2);
        let handle = pool.map_async(double, 0..500);
        pool.join();
        assert_no_child();
        assert_eq!(handle.wait().unwrap().len(), 500);
    });
    leaves_nothing(|| {
        let pool = pool(method, 2);
        let handle = pool.map_async(held, (0..2).map(|number| (gate.name(), number)));
        let visitors = gate.accept_all(2);
        pool.terminate();
        assert_no_child();
        drop((visitors, pool));
        handle.wait().unwrap_err();
    });
}

/// In a task: ends its process, one way or the other.
fn end(number: u64) {
    match number % 3 {
        0 => raise(Signal::SIGKILL).unwrap(),
        1 => std::process::exit(3),
        _ => std::process::abort(),
    }
}

fn after_deaths(method: StartMethod) {
    leaves_nothing(|| {
        let pool = pool(method, 2);
        for number in 0..6 {
            let error = pool.apply(end, number).unwrap_err();
            assert!(matches!(error.kind(), TaskErrorKind::WorkerDied(_)), "{error}");
        }
        let late = pool.call().timeout(Duration::from_millis(20));
        let error = late.apply(|()| std::thread::park(), ()).unwrap_err();
        assert!(matches!(error.kind(), TaskErrorKind::TimedOut(_)), "{error}");
        assert_eq!(pool.apply(double, 2).unwrap(), 4);
    });
    leaves_nothing(|| {
        let builder = Pool::builder().start_method(method).processes(2).max_tasks_per_worker(1);
        let pool = builder.build().unwrap();
        assert_eq!(pool.call().chunk_size(1).map(double, 0..20).unwrap()[19], 38);
        assert!(pool.stats().workers_ended > 2);
    });
}

/// A stopped process answers nothing and takes no signal but one.
fn stopped(method: StartMethod) {
    let gate = Gate::new();
    let stop = |pid: u32| kill(Pid::from_raw(pid as i32), Signal::SIGSTOP).unwrap();
    leaves_nothing(|| {
        let pool = pool(method, 2);
        pool.worker_pids().into_iter().for_each(stop);
    });
    leaves_nothing(|| {
        let pool = pool(method, 1);
        let handle = pool.apply_async(held, (gate.name(), 0));
        let visitor = gate.accept();
        stop(visitor.pid);
        drop(pool);
        visitor.wait_until_gone();
        handle.wait().unwrap_err();
    });
    leaves_nothing(|| {
        let pool = pool(method, 1);
        // With the fork server, if there is one.
        children().into_iter().for_each(stop);
        drop(pool);
    });
}

fn fork_server_killed(method: StartMethod) {
    leaves_nothing(|| {
        let pool = pool(method, 2);
        let workers = pool.worker_pids().into_iter().collect();
        let servers: Vec<_> = children().difference(&workers).copied().collect();
        assert_eq!(servers.len(), usize::from(method == StartMethod::ForkServer));
        for server in servers {
            kill(Pid::from_raw(server as i32), Signal::SIGKILL).unwrap();
        }
        // The next worker needs a new one.
        pool.apply(end, 0).unwrap_err();
        assert_eq!(pool.map(double, 0..100).unwrap()[99], 198);
    });
}

fn failed_build(method: StartMethod) {
    leaves_nothing(|| {
        let builder = Pool::builder().start_method(method).processes(3);
        builder.initializer(|| panic!("on purpose")).build().unwrap_err();
    });
    leaves_nothing(|| {
        let builder = Pool::builder().start_method(method).processes(3);
        let error = builder.preload(|| panic!("on purpose")).build().unwrap_err();
        let invalid = matches!(error, BuildError::Invalid(_));
        assert_eq!(invalid, method == StartMethod::Spawn, "{error}");
    });
}

/// In a task: a pool of its own, held while the outer one is dropped.
fn pool_inside(gate: String) {
    let inner = Pool::builder().processes(1).build().unwrap();
    let _ = inner.apply(|gate: String| visit(&gate, 0), gate);
}

fn nested(method: StartMethod) {
    let gate = Gate::new();
    leaves_nothing(|| {
        let pool = pool(method, 2);
        let handle = pool.map_async(pool_inside, [gate.name(), gate.name()]);
        let visitors = gate.accept_all(2);
        drop(pool);
        // The workers of killed workers go with them.
        visitors.into_iter().for_each(|visitor| visitor.wait_until_gone());
        handle.wait().unwrap_err();
    });
}

thread_local! {
    static POOL: RefCell<Option<Pool>> = const { RefCell::new(None) };
}

/// They are dropped when the thread has ended, together with whatever else belongs to it.
fn of_threads(method: StartMethod) {
    let use_one = move |inline| {
        let builder = Pool::builder().start_method(method).processes(2).inline(inline);
        POOL.set(Some(builder.build().unwrap()));
        POOL.with_borrow(|pool| {
            let pool = pool.as_ref().unwrap();
            assert_eq!(pool.apply(double, 2).unwrap(), 4);
            assert_eq!(pool.map(double, 0..100).unwrap()[99], 198);
        });
    };
    leaves_nothing(|| thread::spawn(move || use_one(false)).join().unwrap());
    leaves_nothing(|| thread::spawn(move || use_one(true)).join().unwrap());
    // When the program ends, the same happens to what belongs to its first thread.
    use_one(false);
}

fn by_its_own_task(method: StartMethod) {
    static OWN: Mutex<Option<Pool>> = Mutex::new(None);
    leaves_nothing(|| {
        let pool = Pool::builder().start_method(method).inline(true).build().unwrap();
        let own = || OWN.lock().unwrap().take();
        let end = move |n: u64| {
            while n == 0 && own().is_none() {
                thread::yield_now();
            }
        };
        let handle = pool.map_async(end, 0..3);
        *OWN.lock().unwrap() = Some(pool);
        let error = handle.wait().unwrap_err();
        assert_eq!((error.kind(), error.index()), (&TaskErrorKind::Cancelled, 1));
    });
}

fn made_while_unwinding(method: StartMethod) {
    struct MakesOne(StartMethod, bool);
    impl Drop for MakesOne {
        fn drop(&mut self) {
            let pool = Pool::builder().start_method(self.0).processes(2).inline(self.1);
            let pool = pool.build().unwrap();
            assert_eq!(pool.map(double, 0..10).unwrap()[9], 18);
            let panics = |_: u64| -> u64 { panic!("in a task") };
            assert!(pool.apply(panics, 1).unwrap_err().to_string().contains("in a task"));
        }
    }
    for inline in [false, true] {
        leaves_nothing(|| {
            let unwinds = thread::spawn(move || {
                let _makes = MakesOne(method, inline);
                panic!("on purpose");
            });
            assert!(unwinds.join().is_err());
        });
    }
}
