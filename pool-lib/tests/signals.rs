//! Signals in a program that has handlers of its own: pools that drain get along with them, and leave no trace.
//!
//! Must not share a process: signals are that of a whole one.

#[path = "it/gate.rs"]
#[allow(dead_code, reason = "each binary uses its share of it")]
mod gate;
#[path = "it/solitude.rs"]
#[allow(dead_code, reason = "each binary uses its share of it")]
mod solitude;
#[path = "it/watchdog.rs"]
mod watchdog;

use std::sync::atomic::{AtomicU32, Ordering};

use gate::{Gate, visit};
use nix::libc::c_int;
use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, Signal, raise, sigaction};
use pool_lib::{Pool, StartMethod, TaskErrorKind};

const METHODS: [StartMethod; 2] = [StartMethod::ForkServer, StartMethod::Spawn];

fn draining(method: StartMethod) -> Pool {
    Pool::builder().processes(1).start_method(method).drain_on_signals(true).build().unwrap()
}

static HEARD: AtomicU32 = AtomicU32::new(0);

extern "C" fn hear(_: c_int) {
    HEARD.fetch_add(1, Ordering::SeqCst);
}

/// Sets what happens at a signal, and says what happened before.
fn set(signal: Signal, handler: SigHandler) -> SigHandler {
    let action = SigAction::new(handler, SaFlags::SA_RESTART, SigSet::empty());
    // SAFETY: the handlers of this test only count.
    unsafe { sigaction(signal, &action) }.unwrap().handler()
}

fn is_ours(handler: SigHandler) -> bool {
    matches!(handler, SigHandler::Handler(handler) if std::ptr::fn_addr_eq(handler, hear as extern "C" fn(c_int)))
}

fn held((gate, index): (String, u64)) -> u64 {
    visit(&gate, index);
    index
}

/// A handler that was there before hears each signal, and decides about the end.
#[test]
fn a_handler_from_before_hears_as_well_and_is_back_afterwards() {
    solitude::alone(
        "a_handler_from_before_hears_as_well_and_is_back_afterwards",
        |_| (),
        || {
            set(Signal::SIGINT, SigHandler::Handler(hear));
            for (round, method) in METHODS.into_iter().enumerate() {
                let gate = Gate::new();
                let pools = [draining(method), draining(method)];
                let running = pools.each_ref().map(|pool| pool.apply_async(held, (gate.name(), 1)));
                let visitors = gate.accept_all(2);
                let waiting = pools.each_ref().map(|pool| pool.apply_async(held, (gate.name(), 2)));
                raise(Signal::SIGINT).unwrap();
                // Both pools give up what waits, and finish what runs.
                for handle in waiting {
                    assert_eq!(handle.wait().unwrap_err().kind(), &TaskErrorKind::Cancelled);
                }
                // One that comes now comes too late.
                let late = draining(method);
                let error = late.apply(held, (gate.name(), 3)).unwrap_err();
                assert_eq!(error.kind(), &TaskErrorKind::Closed);
                let [first, second] = running;
                let mut visitors = visitors.into_iter();
                visitors.next().unwrap().release();
                // The second signal ends what does not end by itself; the program lives by its own handler.
                raise(Signal::SIGINT).unwrap();
                visitors.next().unwrap().wait_until_gone();
                let outcomes = [first.wait(), second.wait()];
                let cancelled = |kind: &TaskErrorKind| *kind == TaskErrorKind::Cancelled;
                assert!(
                    outcomes
                        .iter()
                        .any(|one| one.as_ref().is_err_and(|error| cancelled(error.kind())))
                );
                assert_eq!(HEARD.load(Ordering::SeqCst), 2 * (round as u32 + 1));
                drop((pools, late));
                assert!(is_ours(set(Signal::SIGINT, SigHandler::Handler(hear))));
                assert!(matches!(set(Signal::SIGTERM, SigHandler::SigDfl), SigHandler::SigDfl));
            }
        },
    );
}

/// The dispositions of a program are as they were when its last draining pool is gone, not before.
#[test]
fn the_last_pool_puts_everything_back() {
    solitude::alone(
        "the_last_pool_puts_everything_back",
        |_| (),
        || {
            let caught = || {
                let status = std::fs::read_to_string("/proc/self/status").unwrap();
                let line = status.lines().find_map(|line| line.strip_prefix("SigCgt:"));
                let set = u64::from_str_radix(line.unwrap().trim(), 16).unwrap();
                [Signal::SIGINT, Signal::SIGTERM]
                    .map(|signal| set & (1 << (signal as u32 - 1)) != 0)
            };
            for method in METHODS {
                for _ in 0..3 {
                    assert_eq!(caught(), [false; 2]);
                    let first = draining(method);
                    let second = draining(method);
                    drop(first);
                    assert_eq!(caught(), [true; 2]);
                    assert_eq!(second.apply(|n: u64| n, 5).unwrap(), 5);
                    drop(second);
                }
            }
        },
    );
}

/// What is ignored stays ignored, as in a program that was started by `nohup`.
#[test]
fn an_ignored_signal_drains_nothing() {
    solitude::alone(
        "an_ignored_signal_drains_nothing",
        |_| (),
        || {
            set(Signal::SIGINT, SigHandler::SigIgn);
            for method in METHODS {
                let pool = draining(method);
                raise(Signal::SIGINT).unwrap();
                assert_eq!(pool.apply(|n: u64| n, 5).unwrap(), 5);
                drop(pool);
                assert!(matches!(set(Signal::SIGINT, SigHandler::SigIgn), SigHandler::SigIgn));
            }
        },
    );
}

/// Somebody puts a handler over ours, as a good neighbor who calls the one that was there before. Pools
/// come and go, and no signal goes around in circles.
#[test]
fn a_handler_from_afterwards_stays_on_top() {
    static BELOW: std::sync::Mutex<Option<SigAction>> = std::sync::Mutex::new(None);
    extern "C" fn neighbor(signal: c_int) {
        hear(signal);
        // In this test no thread holds the lock when it raises the signal.
        let below = *BELOW.lock().unwrap();
        match below.unwrap().handler() {
            SigHandler::Handler(handler) => handler(signal),
            SigHandler::SigAction(handler) => {
                handler(signal, std::ptr::null_mut(), std::ptr::null_mut());
            }
            _ => {}
        }
    }
    solitude::alone(
        "a_handler_from_afterwards_stays_on_top",
        |_| (),
        || {
            // Otherwise the second of two signals would be the end.
            set(Signal::SIGINT, SigHandler::Handler(hear));
            let mut pool = draining(METHODS[0]);
            let action =
                SigAction::new(SigHandler::Handler(neighbor), SaFlags::empty(), SigSet::empty());
            // SAFETY: see the handler.
            *BELOW.lock().unwrap() = Some(unsafe { sigaction(Signal::SIGINT, &action) }.unwrap());
            for (round, method) in METHODS.into_iter().cycle().take(4).enumerate() {
                let gate = Gate::new();
                let running = pool.apply_async(held, (gate.name(), 1));
                let visitor = gate.accept();
                let waiting = pool.apply_async(held, (gate.name(), 2));
                raise(Signal::SIGINT).unwrap();
                assert_eq!(waiting.wait().unwrap_err().kind(), &TaskErrorKind::Cancelled);
                visitor.release();
                assert_eq!(running.wait().unwrap(), 1);
                // The neighbor, and the handler at the bottom.
                assert_eq!(HEARD.load(Ordering::SeqCst), 2 * (round as u32 + 1));
                drop(pool);
                raise(Signal::SIGINT).unwrap();
                HEARD.fetch_sub(2, Ordering::SeqCst);
                pool = draining(method);
            }
        },
    );
}
