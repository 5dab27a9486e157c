//! The program that owns a pool ends without warning, or is interrupted: no worker outlives it.
//!
//! Must not reap anything that a pool has not lost: here the test adopts the orphans, and waits for them.

#[path = "it/gate.rs"]
#[allow(dead_code, reason = "each binary uses its share of it")]
mod gate;
#[path = "it/solitude.rs"]
#[allow(dead_code, reason = "each binary uses its share of it")]
mod solitude;
#[path = "it/watchdog.rs"]
mod watchdog;

use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};

use gate::{Gate, visit};
use nix::errno::Errno;
use nix::sys::prctl::set_child_subreaper;
use nix::sys::signal::{Signal, kill, killpg};
use nix::sys::wait::waitpid;
use nix::unistd::Pid;
use pool_lib::{Pool, StartMethod};

/// In the copy that plays the program: the gate, and what to do there.
const PLAY: &str = "POOL_LIB_TEST_PLAY";

fn held((gate, index): (String, u64)) -> u64 {
    visit(&gate, index);
    index
}

/// Never ends, and hears nothing.
fn deaf((gate, index): (String, u64)) -> u64 {
    nix::sys::signal::SigSet::all().thread_block().unwrap();
    visit(&gate, index);
    loop {
        std::thread::park();
    }
}

/// The program: a pool of two, doing what the variable says, until it is killed.
#[test]
fn play() {
    let Ok(play) = std::env::var(PLAY) else { return };
    let (what, gate) = play.split_once(' ').unwrap();
    let (what, method) = what.split_once('-').unwrap();
    let method = if method == "spawn" { StartMethod::Spawn } else { StartMethod::ForkServer };
    let pool = Pool::builder().processes(2).start_method(method).build().unwrap();
    let items = || (0..20).map(|index| (gate.to_owned(), index));
    match what {
        "idle" => drop(pool.map(|n: u64| n, 0..20).unwrap()),
        "busy" => drop(pool.map_async(held, items())),
        "deaf" => drop(pool.map_async(deaf, items())),
        "forgotten" => {
            drop(pool.map_async(deaf, items()));
            std::mem::forget(pool);
            // Ends in the regular way, with the pool still there.
            visit(gate, 99);
            return;
        }
        "grown" => {
            // A task that has started a program of its own, and a pool inside a task.
            let nested = |gate: String| {
                let inner = Pool::builder().processes(2).build().unwrap();
                inner.map(held, (0..2).map(|index| (gate.clone(), index))).unwrap()
            };
            drop(pool.apply_async(nested, gate.to_owned()));
        }
        other => panic!("nobody plays {other}"),
    }
    visit(gate, 99);
    panic!("the program was to be killed");
}

/// Starts the program, waits until `busy` tasks and the program itself are where they should be, and hands over.
fn program(what: &str, busy: usize, then: impl FnOnce(Pid, Vec<gate::Visitor>)) {
    set_child_subreaper(true).unwrap();
    let gate = Gate::new();
    let mut copy = Command::new(std::env::current_exe().unwrap());
    copy.args(["--exact", "play", "--test-threads=1"]).env(PLAY, format!("{what} {}", gate.name()));
    copy.stdout(Stdio::null()).stderr(Stdio::null()).stdin(Stdio::null()).process_group(0);
    let mut copy = copy.spawn().unwrap();
    let visitors = gate.accept_all(busy + 1);
    then(Pid::from_raw(copy.id() as i32), visitors);
    copy.wait().unwrap();
    // The orphans come to this process. When none is left, all have ended; a worker that lived on
    // would keep us waiting for ever, which the watchdog turns into a failure.
    loop {
        match waitpid(None, None) {
            Ok(_) => {}
            Err(Errno::ECHILD) => break,
            Err(error) => panic!("{error}"),
        }
    }
}

fn both(what: &str, busy: usize, then: impl Fn(Pid, Vec<gate::Visitor>)) {
    for method in ["forkserver", "spawn"] {
        program(&format!("{what}-{method}"), busy, &then);
    }
}

fn kill_program(program: Pid, _: Vec<gate::Visitor>) {
    kill(program, Signal::SIGKILL).unwrap();
}

#[test]
fn parent_sigkill_leaves_no_worker_that_hears_no_signal() {
    let name = "parent_sigkill_leaves_no_worker_that_hears_no_signal";
    solitude::alone(name, |_| (), || both("deaf", 2, kill_program));
}

#[test]
fn parent_sigkill_leaves_no_worker_of_a_worker() {
    let name = "parent_sigkill_leaves_no_worker_of_a_worker";
    solitude::alone(name, |_| (), || both("grown", 2, kill_program));
}

#[test]
fn a_forgotten_pool_ends_with_its_program() {
    let name = "a_forgotten_pool_ends_with_its_program";
    solitude::alone(
        name,
        |_| (),
        || {
            both("forgotten", 2, |_, visitors| {
                visitors.into_iter().for_each(|visitor| visitor.release())
            });
        },
    );
}

/// Ctrl-C reaches the program and its workers together.
#[test]
fn an_interrupt_of_the_group_ends_all() {
    solitude::alone(
        "an_interrupt_of_the_group_ends_all",
        |_| (),
        || {
            both("busy", 2, |program, _visitors| killpg(program, Signal::SIGINT).unwrap());
            both("idle", 0, |program, _visitors| killpg(program, Signal::SIGINT).unwrap());
        },
    );
}
