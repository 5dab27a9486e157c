//! What std does about signals and the environment before `main`, and a worker must do for itself.
//!
//! Must not know what a role is for.

use std::ffi::{OsString, c_int};

use nix::libc;
use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, Signal, sigaction};

/// Takes the value of `variable` out of the environment, so that no grandchild sees it. A set-uid
/// program trusts no variable and takes none.
///
/// Call this only while the process has one thread.
pub(crate) fn take_role(variable: &str) -> Option<OsString> {
    let value = std::env::var_os(variable)?;
    if is_privileged() {
        return None;
    }
    // SAFETY: this runs before `main` or first thing in it, in a process with one thread, so
    // nobody reads the environment meanwhile.
    unsafe { std::env::remove_var(variable) };
    Some(value)
}

/// Whether this program runs with more rights than its caller has (set-uid, file capabilities), so
/// that nothing that the caller controls may steer it.
pub(crate) fn is_privileged() -> bool {
    // SAFETY: reads a constant of the process.
    unsafe { libc::getauxval(libc::AT_SECURE) != 0 }
}

/// Sets the dispositions of a worker: `SIGPIPE` ignored as in every Rust program, and `SIGINT`
/// caught without effect, because Ctrl-C is meant for the program that owns the pool.
///
/// Caught, not ignored: a program that a task starts gets the default back from `exec`.
pub(crate) fn prepare_worker_signals() {
    let ignore = SigAction::new(SigHandler::SigIgn, SaFlags::empty(), SigSet::empty());
    let nothing =
        SigAction::new(SigHandler::Handler(on_interrupt), SaFlags::SA_RESTART, SigSet::empty());
    for (signal, action) in [(Signal::SIGPIPE, ignore), (Signal::SIGINT, nothing)] {
        // SAFETY: the handler does nothing at all, so it may run at any moment.
        let set = unsafe { sigaction(signal, &action) };
        debug_assert!(set.is_ok(), "{set:?}");
    }
    // The thread that started this process may have blocked signals for its own reasons.
    let unblocked = SigSet::empty().thread_set_mask();
    debug_assert!(unblocked.is_ok(), "{unblocked:?}");
}

/// `SIGTERM` is caught without effect as well: the program that owns the pool says when a worker has
/// finished, also where a service manager sends the signal to all processes at once.
pub(crate) fn outlive_termination() {
    let nothing =
        SigAction::new(SigHandler::Handler(on_interrupt), SaFlags::SA_RESTART, SigSet::empty());
    // SAFETY: the handler does nothing at all, so it may run at any moment.
    let set = unsafe { sigaction(Signal::SIGTERM, &nothing) };
    debug_assert!(set.is_ok(), "{set:?}");
}

/// Leaves all signals to the other threads of this process.
pub(crate) fn block_signals() {
    let blocked = SigSet::all().thread_block();
    debug_assert!(blocked.is_ok(), "{blocked:?}");
}

extern "C" fn on_interrupt(_: c_int) {}
