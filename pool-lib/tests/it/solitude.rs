//! Runs a test in a process of its own: a copy of the test program that runs nothing else.
//!
//! Must not know what is tested. Needed where a whole process is looked at or changed.

use std::env;
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};

use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, Signal, sigaction};

use super::watchdog::guarded;

/// Tells the copy that it is one.
const ALONE: &str = "POOL_LIB_TEST_ALONE";

/// True in the copy.
pub(crate) fn is_alone() -> bool {
    env::var_os(ALONE).is_some()
}

/// What a shell starts in the background ignores Ctrl-C, and so does all that comes of it. Tests are to go the same way
/// wherever they are started.
#[allow(unsafe_code, reason = "part of it is compiled with the crate, which denies it")]
fn hear_interrupts() {
    let default = SigAction::new(SigHandler::SigDfl, SaFlags::empty(), SigSet::empty());
    for signal in [Signal::SIGINT, Signal::SIGQUIT, Signal::SIGTERM] {
        // SAFETY: the default action runs no code of this program.
        unsafe { sigaction(signal, &default) }.unwrap();
    }
}

/// Runs `body` in a process of its own, with what `surround` gives to it; `name` is that of the calling
/// test. Returns what was printed.
pub(crate) fn alone(
    name: &'static str,
    surround: impl FnOnce(&mut Command),
    body: impl FnOnce(),
) -> String {
    if is_alone() {
        hear_interrupts();
        guarded(name, body);
        return String::new();
    }
    let mut copy = Command::new(env::current_exe().unwrap());
    copy.args(["--exact", name, "--test-threads=1", "--nocapture"]).env(ALONE, "1");
    // A group of its own, so that a signal to the group does not meet the other tests.
    copy.stdin(Stdio::null()).process_group(0);
    surround(&mut copy);
    let output = copy.output().unwrap();
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{}\n{printed}\n{errors}", output.status);
    assert!(printed.contains("1 passed"), "no test is called {name}:\n{printed}");
    printed
}
