//! The end of a pool: close, join, terminate and drop, at any moment.
//!
//! Must not look at what is left of a process; that takes one of its own.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::mpsc;
use std::thread;

use pool_lib::{Event, EventKind, Pool, TaskErrorKind};

use crate::gate::{Gate, visit};
use crate::{own_pid, pool};

fn double(n: u64) -> u64 {
    n * 2
}

fn held((gate, index): (String, u64)) -> u64 {
    visit(&gate, index);
    index
}

both_ways! {
    fn close_drains(method) {
        let pool = pool(method, 2);
        let gate = Gate::new();
        let handle = pool.map_async(held, (0..20).map(|n| (gate.name(), n)));
        pool.close();
        pool.close();
        (0..20).for_each(|_| gate.accept().release());
        assert_eq!(handle.wait().unwrap(), (0..20).collect::<Vec<_>>());
        pool.join();
        assert!(pool.worker_pids().is_empty());
        assert_eq!(pool.stats().returned, 20);
    }
}

both_ways! {
    /// Also a worker that is lost after `close` is replaced while there is work.
    fn close_drains_past_a_death(method) {
        let builder = Pool::builder().processes(1).start_method(method);
        let pool = builder.retries(1).max_tasks_per_worker(3).build().unwrap();
        let gate = Gate::new();
        let handle = pool.map_async(held, (0..5).map(|n| (gate.name(), n)));
        let visitor = gate.accept();
        pool.close();
        let pid = nix::unistd::Pid::from_raw(visitor.pid as i32);
        nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGKILL).unwrap();
        (0..5).for_each(|_| gate.accept().release());
        pool.join();
        assert_eq!(handle.wait().unwrap(), [0, 1, 2, 3, 4]);
    }
}

both_ways! {
    fn terminate_discards_ten_thousand_queued(method) {
        let pool = pool(method, 2);
        let gate = Gate::new();
        let handle = pool.map_async(held, (0..10_000).map(|n| (gate.name(), n)));
        let single: Vec<_> = (0..100).map(|n| pool.apply_async(double, n)).collect();
        let visitors = gate.accept_all(2);
        pool.terminate();
        visitors.into_iter().for_each(|visitor| visitor.wait_until_gone());
        let error = handle.wait().unwrap_err();
        assert_eq!(error.kind(), &TaskErrorKind::Cancelled);
        for handle in single {
            assert_eq!(handle.wait().unwrap_err().kind(), &TaskErrorKind::Cancelled);
        }
        assert!(pool.worker_pids().is_empty());
        assert!(gate.is_empty());
        let stats = pool.stats();
        assert_eq!((stats.submitted, stats.returned, stats.failed), (10_100, 0, 10_100));
        pool.terminate();
    }
}

fn assert_takes_nothing(pool: &Pool) {
    let closed = |error: pool_lib::TaskError| assert_eq!(error.kind(), &TaskErrorKind::Closed);
    closed(pool.apply(double, 1).unwrap_err());
    closed(pool.map(double, 0..9).unwrap_err());
    closed(pool.starmap(|n: u64| n, [(1,)]).unwrap_err());
    closed(pool.apply_async(double, 1).wait().unwrap_err());
    closed(pool.map_async(double, 0..9).wait().unwrap_err());
    closed(pool.imap(double, 0..).next().unwrap().unwrap_err());
    closed(pool.imap_unordered(double, 0..).next().unwrap().unwrap_err());
    assert!(pool.map(double, 0..0).unwrap().is_empty());
    assert!(pool.imap(double, 0..).take(1000).count() < 100, "an endless list of errors");
}

both_ways! {
    fn submit_after_close_is_an_error(method) {
        let closed = pool(method, 1);
        let gate = Gate::new();
        let running = closed.apply_async(held, (gate.name(), 1));
        let visitor = gate.accept();
        closed.close();
        assert_takes_nothing(&closed);
        visitor.release();
        assert_eq!(running.wait().unwrap(), 1);
        closed.join();
        assert_takes_nothing(&closed);
        let terminated = pool(method, 1);
        terminated.terminate();
        assert_takes_nothing(&terminated);
        terminated.join();
    }
}

both_ways! {
    /// An iterator that was made too late, and is neither asked nor dropped, is no work to wait for.
    fn join_does_not_wait_for_an_imap_that_came_too_late(method) {
        let pool = pool(method, 1);
        pool.close();
        let mut results = pool.imap(double, 0..);
        pool.join();
        let error = results.next().unwrap().unwrap_err();
        assert_eq!(error.kind(), &TaskErrorKind::Closed);
    }
}

both_ways! {
    fn join_twice_ok(method) {
        let pool = pool(method, 2);
        assert_eq!(pool.apply(double, 2).unwrap(), 4);
        pool.join();
        pool.join();
        thread::scope(|scope| (0..4).for_each(|_| drop(scope.spawn(|| pool.join()))));
        pool.terminate();
        pool.close();
    }
}

both_ways! {
    /// Somebody who waits for the end is not in the way of somebody who brings it about.
    fn terminate_ends_a_join(method) {
        let pool = pool(method, 1);
        let gate = Gate::new();
        let handle = pool.apply_async(held, (gate.name(), 1));
        let visitor = gate.accept();
        thread::scope(|scope| {
            scope.spawn(|| pool.join());
            scope.spawn(|| pool.terminate());
        });
        visitor.wait_until_gone();
        assert_eq!(handle.wait().unwrap_err().kind(), &TaskErrorKind::Cancelled);
    }
}

both_ways! {
    fn drop_while_unwinding(method) {
        let gate = Gate::new();
        let unwound = catch_unwind(AssertUnwindSafe(|| {
            let pool = pool(method, 2);
            let _handle = pool.map_async(held, (0..10).map(|n| (gate.name(), n)));
            let visitors = gate.accept_all(2);
            let _all_of_them = (pool, visitors);
            panic!("out of here");
        }));
        assert_eq!(*unwound.unwrap_err().downcast_ref::<&str>().unwrap(), "out of here");
    }
}

both_ways! {
    fn drop_with_ten_thousand_running_and_queued(method) {
        let pool = pool(method, 4);
        let gate = Gate::new();
        let handle = pool.map_async(held, (0..10_000).map(|n| (gate.name(), n)));
        let mut lazily = pool.imap(double, 0..);
        let _ = lazily.next_timeout(std::time::Duration::ZERO);
        let visitors = gate.accept_all(4);
        drop(pool);
        visitors.into_iter().for_each(|visitor| visitor.wait_until_gone());
        assert_eq!(handle.wait().unwrap_err().kind(), &TaskErrorKind::Cancelled);
        assert!(lazily.take(1000).filter(Result::is_ok).count() < 100);
    }
}

both_ways! {
    /// However short a pool's life, it ends. (A worker may be forked and not yet known to the pool.)
    fn drop_right_after_build(method) {
        for round in 0..30 {
            let pool = pool(method, 3);
            if round % 3 == 0 {
                assert_eq!(pool.apply(double, 4).unwrap(), 8);
            }
            if round % 3 == 1 {
                drop(pool.map_async(double, 0..round));
            }
            if round % 5 == 0 {
                pool.join();
            }
        }
    }
}

both_ways! {
    fn two_pools_do_not_meet(method) {
        let (one, other) = (pool(method, 2), pool(method, 2));
        let gate = Gate::new();
        let held = one.map_async(held, (0..2).map(|n| (gate.name(), n)));
        let visitors = gate.accept_all(2);
        let pids = other.map(own_pid, 0..50).unwrap();
        assert!(visitors.iter().all(|visitor| !pids.contains(&visitor.pid)));
        assert!(pids.iter().all(|pid| other.worker_pids().contains(pid)));
        drop(other);
        visitors.into_iter().for_each(|visitor| visitor.release());
        assert_eq!(held.wait().unwrap(), [0, 1]);
        assert_eq!(one.map(double, 0..50).unwrap().len(), 50);
    }
}

both_ways! {
    /// The pool may be dropped on another thread than the one that built it, which may be gone.
    fn a_pool_outlives_the_thread_that_built_it(method) {
        let pool = thread::spawn(move || pool(method, 2)).join().unwrap();
        assert_eq!(pool.map(double, 0..50).unwrap().len(), 50);
        thread::spawn(move || drop(pool)).join().unwrap();
    }
}

both_ways! {
    fn a_listener_may_be_the_last_to_have_the_pool(method) {
        let (give, given) = mpsc::channel::<Pool>();
        let (say, said) = mpsc::channel();
        let listener = move |event: &Event| {
            if matches!(event.kind, EventKind::CallEnded { .. }) {
                drop(given.recv());
                say.send(()).unwrap();
            }
        };
        let builder = Pool::builder().start_method(method).processes(2).on_event(listener);
        let pool = builder.build().unwrap();
        let pids = pool.worker_pids();
        assert!(pids.contains(&pool.apply(own_pid, ()).unwrap()));
        give.send(pool).unwrap();
        said.recv().unwrap();
        assert!(!pids.into_iter().any(|pid| Path::new(&format!("/proc/{pid}")).exists()));
    }
}
