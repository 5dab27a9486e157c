//! Ends a test that hangs, with its name: every test is over in bounded time, one way or the other.
//!
//! Must not know what is tested. This is the only clock in these tests, and no assertion hangs on it.

use std::io::Write;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

/// Far beyond what any test needs, even on a machine that is busy with something else.
const PATIENCE: Duration = Duration::from_secs(90);

/// Runs `test`; if it is not over in time, the whole process is aborted, and its workers with it.
pub(crate) fn guarded(name: &'static str, test: impl FnOnce()) {
    let (running, over) = channel::<()>();
    let (begun, began) = channel();
    let watch = move || {
        begun.send(()).unwrap();
        if over.recv_timeout(PATIENCE) == Err(RecvTimeoutError::Timeout) {
            // Written directly: what the print macros write is kept back by the test harness.
            let _ = writeln!(std::io::stderr(), "\nthe test {name} hangs; aborted");
            std::process::abort();
        }
    };
    let watching = thread::Builder::new().name("watchdog".to_owned()).spawn(watch).unwrap();
    // A thread that is still setting itself up needs memory, which a test may be about to forbid.
    began.recv().unwrap();
    // Hung up even when the test panics.
    let _running = running;
    test();
    drop(_running);
    watching.join().unwrap();
}
