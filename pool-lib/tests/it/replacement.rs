//! What comes after a death: retries, replacements, new fork servers.
//!
//! Must not test who is blamed for a death; that is in `death`.

use std::collections::BTreeSet;
use std::process;
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use pool_lib::{Event, EventKind, Pool, StartMethod, TaskErrorKind, WorkerExit};

use crate::death::{held, held_at, send};
use crate::gate::Gate;
use crate::pool;

both_ways! {
    fn retries_then_gives_up(method) {
        let pool = pool(method, 1);
        let gate = Gate::new();
        let handle = pool.call().retries(2).apply_async(held, (gate.name(), 7));
        let signals = [Signal::SIGKILL, Signal::SIGTERM, Signal::SIGSEGV];
        let mut pids = BTreeSet::new();
        for signal in signals {
            let visitor = gate.accept();
            pids.insert(visitor.pid);
            send(signal, visitor.pid);
        }
        let error = handle.wait().unwrap_err();
        assert_eq!(pids.len(), 3);
        let ends = signals.map(|signal| TaskErrorKind::WorkerDied(WorkerExit::Signal(signal as i32)));
        assert_eq!((error.causes(), error.kind()), (&ends[..2], &ends[2]));
        assert_eq!(error.attempts(), 3);
        let stats = pool.stats();
        assert_eq!((stats.failed, stats.retried), (1, 2));
    }
}

both_ways! {
    fn a_retry_that_succeeds_is_a_success(method) {
        let pool = Pool::builder().processes(2).start_method(method).retries(1).build().unwrap();
        let gate = Gate::new();
        let handle = pool.map_async(held, held_at(&gate, 4));
        for visitor in gate.accept_all(2) {
            send(Signal::SIGKILL, visitor.pid);
        }
        (0..4).for_each(|_| gate.accept().release());
        assert_eq!(handle.wait().unwrap(), [0, 1, 2, 3]);
        let stats = pool.stats();
        assert_eq!((stats.submitted, stats.returned, stats.failed, stats.retried), (4, 4, 0, 2));
    }
}

both_ways! {
    fn no_retry_after_panic_by_default(method) {
        let pool = pool(method, 1);
        let gate = Gate::new();
        let panicking = |gate: String| -> u64 {
            drop(crate::gate::announce(&gate, 0));
            panic!("an answer like any other")
        };
        let error = pool.call().retries(5).apply(panicking, gate.name()).unwrap_err();
        assert_eq!(error.attempts(), 1);
        drop(gate.accept());
        assert!(gate.is_empty());
    }
}

both_ways! {
    fn poison_task_does_not_drain_the_pool(method) {
        let pool = Pool::builder().processes(2).start_method(method).retries(4).build().unwrap();
        let poison = |n: u64| if n % 25 == 7 { process::abort() } else { n };
        let results: Vec<_> = pool.imap(poison, 0..100).collect();
        for (n, result) in (0..).zip(results) {
            match result {
                Ok(value) => assert_eq!(value, n),
                Err(error) => assert_eq!((n % 25, error.attempts()), (7, 5)),
            }
        }
        let stats = pool.stats();
        assert_eq!((stats.returned, stats.failed, stats.retried), (96, 4, 16));
        let gate = Gate::new();
        let meeting = pool.map_async(held, held_at(&gate, 2));
        gate.accept_all(2).into_iter().for_each(|visitor| visitor.release());
        meeting.wait().unwrap();
    }
}

both_ways! {
    /// A worker that is stopped holds up nobody but those who wait for its own task.
    fn a_stopped_worker_does_not_stop_the_others(method) {
        let pool = pool(method, 2);
        let gate = Gate::new();
        let handle = pool.apply_async(held, (gate.name(), 3));
        let visitor = gate.accept();
        let stopped = visitor.pid;
        // From the next moment on it executes nothing, whether or not the kernel lists it as stopped.
        send(Signal::SIGSTOP, stopped);
        visitor.release();
        assert_eq!(pool.map(|n: u64| n, 0..200).unwrap().len(), 200);
        assert!(!handle.is_ready());
        send(Signal::SIGCONT, stopped);
        assert_eq!(handle.wait().unwrap(), 3);
        send(Signal::SIGSTOP, pool.worker_pids()[0]);
    }
}

both_ways! {
    /// Its tasks are done by others, or by its successor if there is no other.
    fn a_worker_that_is_stopped_while_idle_is_not_waited_for(method) {
        for (processes, timeout) in [(2, None), (1, Some(Duration::from_secs(60)))] {
            let pool = pool(method, processes);
            let stopped = pool.worker_pids()[0];
            send(Signal::SIGSTOP, stopped);
            let mut call = pool.call();
            if let Some(timeout) = timeout {
                call = call.timeout(timeout);
            }
            assert_eq!(call.map(|n: u64| n, 0..200).unwrap(), (0..200).collect::<Vec<_>>());
            let stats = pool.stats();
            assert_eq!((stats.returned, stats.failed, stats.retried), (200, 0, 0));
            // Its successor may have done everything before the pool has heard that it is dead.
            while processes == 1 && pool.worker_pids().contains(&stopped) {
                std::thread::sleep(Duration::from_millis(1));
            }
        }
    }
}

#[test]
fn fork_server_killed() {
    crate::watchdog::guarded("fork_server_killed", || {
        static SERVER: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);
        use std::sync::atomic::Ordering::Relaxed;
        let server = |()| SERVER.load(Relaxed);
        let builder = Pool::builder().processes(2).start_method(StartMethod::ForkServer);
        let pool = builder.preload(|| SERVER.store(process::id(), Relaxed)).build().unwrap();
        let before = pool.worker_pids();
        let first = pool.apply(server, ()).unwrap();
        send(Signal::SIGKILL, first);
        // The workers do not mind.
        assert_eq!(pool.map(|n: u64| n, 0..50).unwrap().len(), 50);
        assert_eq!(pool.worker_pids(), before);
        // New ones come from a new server, which has run `preload` again.
        before.iter().for_each(|pid| send(Signal::SIGKILL, *pid));
        let second = loop {
            match pool.apply(server, ()).unwrap() {
                old if old == first => continue,
                new => break new,
            }
        };
        assert_ne!(second, 0);
        for _ in 0..20 {
            // Server and workers at once, again and again.
            let server = pool.call().retries(9).apply(server, ()).unwrap();
            let _ = kill(Pid::from_raw(server as i32), Signal::SIGKILL);
            for pid in pool.worker_pids() {
                let _ = kill(Pid::from_raw(pid as i32), Signal::SIGKILL);
            }
        }
        assert_eq!(pool.map(|n: u64| n, 0..50).unwrap().len(), 50);
    });
}

/// It answers nobody, and nobody is told that it has stopped: after 10 seconds it is replaced.
#[test]
fn a_stopped_fork_server_does_not_hold_up_replacements() {
    let name = "replacement::a_stopped_fork_server_does_not_hold_up_replacements";
    crate::watchdog::guarded(name, || {
        static SERVER: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);
        use std::sync::atomic::Ordering::Relaxed;
        let server = |()| SERVER.load(Relaxed);
        let builder = Pool::builder().processes(2).start_method(StartMethod::ForkServer);
        let pool = builder.preload(|| SERVER.store(process::id(), Relaxed)).build().unwrap();
        let stopped = pool.apply(server, ()).unwrap();
        send(Signal::SIGSTOP, stopped);
        pool.worker_pids().into_iter().for_each(|pid| send(Signal::SIGKILL, pid));
        let gate = Gate::new();
        let meeting = pool.map_async(held, held_at(&gate, 2));
        gate.accept_all(2).into_iter().for_each(|visitor| visitor.release());
        meeting.wait().unwrap();
        assert_ne!(pool.apply(server, ()).unwrap(), stopped);
    });
}

both_ways! {
    /// A worker that is told to end does so by itself; nobody has to kill it.
    fn a_closed_worker_ends_in_its_own_way(method) {
        for _ in 0..20 {
            let builder = Pool::builder().processes(2).start_method(method).trace(true);
            let pool = builder.max_tasks_per_worker(3).build().unwrap();
            assert_eq!(pool.map(|n: u64| n, 0..12).unwrap().len(), 12);
            pool.join();
            let ended = |event: &Event| match event.kind {
                EventKind::WorkerEnded { pid: Some(_), exit, .. } => Some(exit),
                _ => None,
            };
            let mut exits: Vec<_> = pool.trace().events().iter().filter_map(ended).collect();
            // One that was started in place of another and not ready at the end is not waited for.
            let spare = exits.iter().filter(|exit| **exit == WorkerExit::Signal(9)).count();
            assert!(spare <= 2, "{exits:?}");
            exits.retain(|exit| *exit != WorkerExit::Code(0));
            assert_eq!(exits.len(), spare, "{exits:?}");
        }
    }
}
