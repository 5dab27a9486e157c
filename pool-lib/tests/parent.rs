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

use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Command, ExitStatus, Stdio};

use gate::{Gate, visit};
use nix::errno::Errno;
use nix::sys::prctl::set_child_subreaper;
use nix::sys::signal::{Signal, kill, killpg};
use nix::sys::wait::waitpid;
use nix::unistd::Pid;
use pool_lib::{Pool, StartMethod, Started, TaskErrorKind};

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
    let builder = Pool::builder().processes(2).start_method(method);
    let pool = builder.drain_on_signals(what == "drained").build().unwrap();
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
        "drained" => {
            let mut running: Vec<_> = items().map(|item| pool.apply_async(held, item)).collect();
            let waiting = running.split_off(2);
            visit(gate, 99);
            // All that waits comes back at once, and what runs when it is done.
            for handle in waiting {
                let error = handle.wait().expect_err("a task was begun after the signal");
                assert_eq!(
                    (error.kind(), error.started()),
                    (&TaskErrorKind::Cancelled, Started::No)
                );
            }
            visit(gate, 98);
            let finished = running.into_iter().map(|handle| handle.wait().unwrap());
            assert!(finished.eq(0..2));
            let late = pool.apply(|n: u64| n, 1).unwrap_err();
            assert_eq!(late.kind(), &TaskErrorKind::Closed);
            // The program goes on as it likes.
            pool.join();
            std::process::exit(42);
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

/// Starts the program, waits until `busy` tasks (and the program itself, if it says so) are where they
/// should be, and hands over. Says how the program ended, and what it and its workers said of errors.
fn program<T>(
    what: &str,
    visitors: usize,
    then: impl FnOnce(Pid, Vec<gate::Visitor>, &Gate) -> T,
) -> (ExitStatus, String) {
    set_child_subreaper(true).unwrap();
    let gate = Gate::new();
    let mut copy = Command::new(std::env::current_exe().unwrap());
    copy.args(["--exact", "play", "--test-threads=1", "--nocapture"])
        .env(PLAY, format!("{what} {}", gate.name()));
    copy.stdout(Stdio::null()).stderr(Stdio::piped()).stdin(Stdio::null()).process_group(0);
    let copy = copy.spawn().unwrap();
    let visitors = gate.accept_all(visitors);
    // What it returns is kept: a visitor who is hung up on would say so.
    let kept = then(Pid::from_raw(copy.id() as i32), visitors, &gate);
    // To the end of what is said: until the last process that could say something is gone.
    let output = copy.wait_with_output().unwrap();
    drop(kept);
    // The orphans come to this process. When none is left, all have ended; a worker that lived on
    // would keep us waiting for ever, which the watchdog turns into a failure.
    loop {
        match waitpid(None, None) {
            Ok(_) => {}
            Err(Errno::ECHILD) => break,
            Err(error) => panic!("{error}"),
        }
    }
    (output.status, String::from_utf8_lossy(&output.stderr).into_owned())
}

fn both(what: &str, busy: usize, then: impl Fn(Pid, Vec<gate::Visitor>)) {
    for method in ["forkserver", "spawn"] {
        program(&format!("{what}-{method}"), busy + 1, |program, visitors, _| {
            then(program, visitors)
        });
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

/// To the program alone, or to its workers as well, as a terminal and a service manager do.
type Send = fn(Pid, Signal);

const WAYS: [(Send, Signal); 4] = [
    (alone, Signal::SIGINT),
    (alone, Signal::SIGTERM),
    (to_the_group, Signal::SIGINT),
    (to_the_group, Signal::SIGTERM),
];

fn alone(program: Pid, signal: Signal) {
    kill(program, signal).unwrap();
}

fn to_the_group(program: Pid, signal: Signal) {
    killpg(program, signal).unwrap();
}

/// It dies of the signal at once, nobody says a word, and nothing is left.
#[test]
fn an_interrupt_ends_a_plain_program_quietly() {
    solitude::alone(
        "an_interrupt_ends_a_plain_program_quietly",
        |_| (),
        || {
            for (send, signal) in WAYS {
                for what in ["busy-forkserver", "busy-spawn", "idle-forkserver", "idle-spawn"] {
                    let busy = if what.starts_with("busy") { 2 } else { 0 };
                    let (status, said) = program(what, busy + 1, |program, visitors, _| {
                        send(program, signal);
                        visitors
                    });
                    assert_eq!(
                        (status.signal(), said.as_str()),
                        (Some(signal as i32), ""),
                        "{what}"
                    );
                }
            }
        },
    );
}

#[test]
fn ctrl_c_once_drains_twice_kills() {
    solitude::alone(
        "ctrl_c_once_drains_twice_kills",
        |_| (),
        || {
            for (send, signal) in WAYS {
                for what in ["drained-forkserver", "drained-spawn"] {
                    // Once: what waits is called off, what runs finishes, and the program goes on.
                    let (status, said) = program(what, 3, |program, mut running, gate| {
                        send(program, signal);
                        running.pop().unwrap().release();
                        let called_off = gate.accept();
                        assert_eq!(called_off.tag, 98);
                        called_off.release();
                        running.into_iter().for_each(|visitor| visitor.release());
                    });
                    assert_eq!(status.code(), Some(42), "{what}, {signal}: {said}");
                    // Twice: the program ends as it would have the first time.
                    for (send_again, second) in WAYS {
                        let (status, said) = program(what, 3, |program, mut running, gate| {
                            send(program, signal);
                            running.pop().unwrap().release();
                            let called_off = gate.accept();
                            send_again(program, second);
                            (called_off, running)
                        });
                        assert_eq!((status.signal(), said.as_str()), (Some(second as i32), ""));
                    }
                }
            }
        },
    );
}
