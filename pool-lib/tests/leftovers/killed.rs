//! A program that ends without dropping its pool leaves no process behind.
//!
//! Must not know which processes a pool has. The scenario makes itself the one to whom orphans fall,
//! and waits until there are none: one that went on would be waited for until the watchdog barks.

use std::collections::BTreeSet;
use std::env;
use std::mem::forget;
use std::process::Child;

use nix::errno::Errno;
use nix::sys::prctl;
use nix::sys::wait::wait;
use pool_lib::StartMethod;

use crate::gate::{Gate, Visitor, announce, visit};
use crate::{METHODS, Scenario, copy_for, double, held, pool, stepped, suffix};

pub(crate) const SCENARIOS: &[Scenario] = &[
    ("parent_sigkill_leaves_no_worker::idle", idle),
    ("parent_sigkill_leaves_no_worker::busy", busy),
    ("parent_sigkill_leaves_no_worker::starting", starting),
    ("parent_exit_leaves_no_worker", exits),
    ("parent_abort_leaves_no_worker", aborts),
];

/// Tells the program where to report.
const GATE: &str = "LEFTOVERS_GATE";
/// Workers of the program.
const WORKERS: usize = 3;
/// What the program itself says at the gate, where tasks say their index.
const PROGRAM: u64 = 1 << 32;

/// The programs that are killed: each a part in a scenario, and not one by itself.
pub(crate) fn parts() -> impl Iterator<Item = (String, fn(StartMethod), StartMethod)> {
    let parts: [Scenario; 5] = [
        ("program_idle", program_idle),
        ("program_busy", program_busy),
        ("program_starting", program_starting),
        ("program_ending", program_ending),
        ("program_stepped", stepped::program),
    ];
    parts.into_iter().flat_map(|(name, run)| {
        METHODS.map(|(suffix, method)| (format!("{name}::{suffix}"), run, method))
    })
}

fn program_idle(method: StartMethod) {
    let pool = pool(method, WORKERS);
    pool.map(double, 0..100).unwrap();
    visit(&env::var(GATE).unwrap(), PROGRAM);
}

fn program_busy(method: StartMethod) {
    let pool = pool(method, WORKERS);
    let gate = env::var(GATE).unwrap();
    let _ = pool.map(held, (0..100).map(|number| (gate.clone(), number)));
}

fn program_starting(method: StartMethod) {
    let _here = announce(&env::var(GATE).unwrap(), PROGRAM);
    loop {
        forget(pool(method, 1));
    }
}

/// Lives until it is let on, and then ends as it was told, with tasks under way.
fn program_ending(method: StartMethod) {
    let pool = pool(method, WORKERS);
    let gate = env::var(GATE).unwrap();
    forget(pool.map_async(held, (0..100).map(|number| (gate.clone(), number))));
    forget(pool);
    visit(&gate, PROGRAM);
    if env::var_os("LEFTOVERS_ABORT").is_some() {
        std::process::abort();
    }
    std::process::exit(0);
}

/// Starts a program whose orphans fall to this process.
fn start(part: &str, method: StartMethod, gate: &Gate, abort: bool) -> Child {
    prctl::set_child_subreaper(true).unwrap();
    let mut command = copy_for(&format!("{part}::{}", suffix(method)));
    if abort {
        command.env("LEFTOVERS_ABORT", "1");
    }
    command.env(GATE, gate.name()).spawn().unwrap()
}

/// Waits until the program has ended and every process that it has left; says which these were.
fn reap_all(mut program: Child) -> BTreeSet<u32> {
    program.wait().unwrap();
    // From here on, what it had is ours.
    let mut reaped = BTreeSet::from([program.id()]);
    loop {
        match wait() {
            Ok(status) => reaped.extend(status.pid().map(|pid| pid.as_raw() as u32)),
            Err(Errno::EINTR) => {}
            Err(Errno::ECHILD) => return reaped,
            Err(error) => panic!("{error}"),
        }
    }
}

/// The program, its workers, and its fork server.
fn family(method: StartMethod) -> usize {
    1 + WORKERS + usize::from(method == StartMethod::ForkServer)
}

fn assert_all_gone(method: StartMethod, program: Child, known: Vec<Visitor>) {
    let reaped = reap_all(program);
    // That all of them were there to be reaped shows that nothing else has escaped from view.
    assert_eq!(reaped.len(), family(method), "{reaped:?}");
    assert!(known.iter().all(|visitor| reaped.contains(&visitor.pid)), "{reaped:?}");
}

fn idle(method: StartMethod) {
    let gate = Gate::new();
    let mut program = start("program_idle", method, &gate, false);
    let known = vec![gate.accept()];
    program.kill().unwrap();
    assert_all_gone(method, program, known);
}

fn busy(method: StartMethod) {
    let gate = Gate::new();
    let mut program = start("program_busy", method, &gate, false);
    let known = gate.accept_all(WORKERS);
    program.kill().unwrap();
    assert_all_gone(method, program, known);
}

/// Killed at whatever moment of starting workers it happens to be.
fn starting(method: StartMethod) {
    for _ in 0..20 {
        let gate = Gate::new();
        let mut program = start("program_starting", method, &gate, false);
        let known = gate.accept();
        program.kill().unwrap();
        assert!(reap_all(program).contains(&known.pid));
    }
}

fn exits(method: StartMethod) {
    ends(method, false);
}

fn aborts(method: StartMethod) {
    ends(method, true);
}

fn ends(method: StartMethod, abort: bool) {
    let gate = Gate::new();
    let program = start("program_ending", method, &gate, abort);
    let mut known = gate.accept_all(WORKERS + 1);
    let itself = known.pop().unwrap();
    assert_eq!((itself.tag, itself.pid), (PROGRAM, program.id()));
    itself.release();
    assert_all_gone(method, program, known);
}
