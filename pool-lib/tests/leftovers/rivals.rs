//! A pool in a program that deals with children in its own way, and a role that somebody set by hand.
//!
//! Must not assert how a worker ended where somebody else has taken that news.

use std::env;
use std::process::{Command, Output};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use nix::errno::Errno;
use nix::sys::signal::{Signal, raise};
use nix::sys::wait::{WaitPidFlag, waitpid};
use pool_lib::{Pool, StartMethod, TaskErrorKind};

use crate::gate::Gate;
use crate::snapshot::leaves_nothing;
use crate::{Scenario, double, held, pool};

pub(crate) const SCENARIOS: &[Scenario] = &[
    ("a_program_that_waits_for_everybody", waits_for_everybody),
    ("a_program_that_ignores_sigchld", ignores_sigchld),
    ("a_role_set_by_hand_is_refused", role_by_hand),
];

/// Deaths, replacements and the end of a pool, as everybody else sees them.
fn live_and_die(method: StartMethod) {
    let gate = Gate::new();
    leaves_nothing(|| {
        let pool = pool(method, 2);
        for _ in 0..10 {
            let error = pool.apply(|()| raise(Signal::SIGKILL).unwrap(), ()).unwrap_err();
            assert!(matches!(error.kind(), TaskErrorKind::WorkerDied(_)), "{error}");
            assert_eq!(pool.map(double, 0..20).unwrap()[19], 38);
        }
        let handle = pool.map_async(held, (0..10).map(|number| (gate.name(), number)));
        let visitors = gate.accept_all(2);
        drop(pool);
        visitors.into_iter().for_each(|visitor| visitor.wait_until_gone());
        handle.wait().unwrap_err();
        let builder = Pool::builder().start_method(method).processes(2).max_tasks_per_worker(1);
        let pool = builder.build().unwrap();
        assert_eq!(pool.call().chunk_size(1).map(double, 0..10).unwrap()[9], 18);
        pool.join();
    });
}

/// Takes the pool's children from it, as fast as it can.
fn waits_for_everybody(method: StartMethod) {
    let over = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            while !over.load(Ordering::Relaxed) {
                match waitpid(None, Some(WaitPidFlag::WNOHANG)) {
                    Ok(_) | Err(Errno::ECHILD) => thread::yield_now(),
                    Err(error) => panic!("{error}"),
                }
            }
        });
        live_and_die(method);
        over.store(true, Ordering::Relaxed);
    });
}

/// The kernel then keeps no news of children at all. Only the start of a program can be given this
/// without `unsafe`, so this one starts over.
fn ignores_sigchld(method: StartMethod) {
    if env::var_os("LEFTOVERS_IGNORES").is_some() {
        return live_and_die(method);
    }
    let mut shell = Command::new("sh");
    shell.args(["-c", "trap '' CHLD; exec \"$0\""]).arg(env::current_exe().unwrap());
    shell.env("LEFTOVERS_IGNORES", "1").env(crate::STARTER, std::process::id().to_string());
    assert!(shell.status().unwrap().success());
}

/// A copy that was not started by a pool says so, or goes; it never runs `main` as well.
fn role_by_hand(method: StartMethod) {
    let started = |role: &str| -> Output {
        let mut copy = crate::copy_for("no_such_scenario");
        copy.env("POOL_LIB_ROLE", role).output().unwrap()
    };
    for nonsense in ["", "yes", "worker", "worker:0x1", "fork-server:"] {
        let output = started(nonsense);
        assert_eq!(output.status.code(), Some(1), "{nonsense}");
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(said.contains("POOL_LIB_ROLE is for its own use; unset it"), "{said}");
    }
    let role = if method == StartMethod::Spawn { "worker" } else { "fork-server" };
    // Somebody else's child.
    let output = started(&format!("{role}:1"));
    assert_eq!((output.status.code(), output.stderr.is_empty()), (Some(0), true));
    // Ours, but nothing is behind its link.
    let output = started(&format!("{role}:{}", std::process::id()));
    assert!(!String::from_utf8(output.stderr).unwrap().contains("no scenario"));
    assert_eq!(pool(method, 1).apply(double, 2).unwrap(), 4);
}
