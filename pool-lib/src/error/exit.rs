//! How a worker process ended.
//!
//! Must not know why: whose fault an end was is decided by the dispatcher.

use std::fmt;

use nix::sys::signal::Signal;
use serde::{Deserialize, Serialize};

/// How a worker process ended.
///
/// ```
/// use pool_lib::WorkerExit;
///
/// assert_eq!(WorkerExit::Code(42).to_string(), "exited with code 42");
/// let text = "was killed by the kernel's out-of-memory killer (SIGKILL)";
/// assert_eq!(WorkerExit::OutOfMemory.to_string(), text);
/// assert_eq!(WorkerExit::Signal(11).to_string(), "was killed by signal 11 (SIGSEGV)");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub enum WorkerExit {
    /// It called `exit` with this code.
    Code(i32),
    /// This signal killed it.
    Signal(i32),
    /// The kernel killed it because memory had run out, by its count of such kills in this program's
    /// control group (cgroup). Where the kernel does not count, or other processes of the group were
    /// killed at the same time, this is `Signal(9)`.
    OutOfMemory,
    /// It is gone, and somebody else in this program has already collected its exit status
    /// (a `waitpid(-1)`, or `SIGCHLD` set to be ignored).
    Unknown,
}

impl fmt::Display for WorkerExit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            WorkerExit::Code(code) => write!(f, "exited with code {code}"),
            WorkerExit::Signal(number) => match Signal::try_from(number) {
                Ok(signal) => write!(f, "was killed by signal {number} ({})", signal.as_str()),
                Err(_) => write!(f, "was killed by signal {number}"),
            },
            WorkerExit::OutOfMemory => {
                write!(f, "was killed by the kernel's out-of-memory killer (SIGKILL)")
            }
            WorkerExit::Unknown => write!(f, "ended, but its exit status was collected elsewhere"),
        }
    }
}
