//! What a process prints: a pipe for it, and the buffers on its way out.
//!
//! Must not know who prints, or who reads.

use std::io::{self, Write};
use std::os::fd::OwnedFd;

use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::libc;
use nix::unistd::pipe2;

use super::standard::kept_clear;

/// How much a pipe holds, in bytes: enough for a burst, and little enough that a flood waits.
const CAPACITY: i32 = 16 << 10;

/// A pipe: our end, for reading, does not block; the other, for writing, does.
pub(crate) fn output_pipe() -> io::Result<(OwnedFd, OwnedFd)> {
    let (ours, theirs) = pipe2(OFlag::O_CLOEXEC)?;
    let (ours, theirs) = (kept_clear(ours)?, kept_clear(theirs)?);
    let flags = OFlag::from_bits_retain(fcntl(&ours, FcntlArg::F_GETFL)?);
    fcntl(&ours, FcntlArg::F_SETFL(flags | OFlag::O_NONBLOCK))?;
    // Where that is refused the pipe holds what it likes.
    let _ = fcntl(&ours, FcntlArg::F_SETPIPE_SZ(CAPACITY));
    Ok((ours, theirs))
}

/// Writes out what this process has printed and the buffers of std and of C still hold. A failure is
/// the user's terminal gone, which is none of the pool's business.
pub(crate) fn flush_output() {
    let _ = io::stdout().flush();
    if c_has_printed() {
        // SAFETY: the C library's own stream, which is open from the start of the process to its end. Its
        // lock is held by nobody for longer than a write takes, as with std's above.
        let _ = unsafe { libc::fflush(stdout) };
    }
}

/// Whether something is in the C library's buffer. Most tasks print nothing by it, and looking costs a tenth of what
/// flushing nothing costs.
#[cfg(target_os = "linux")]
fn c_has_printed() -> bool {
    // SAFETY: as in `flush_output`; it takes no lock and only compares two of the stream's fields. A thread that prints at
    // this moment may be seen or not, like one that prints a moment later.
    unsafe { __fpending(stdout) > 0 }
}

#[cfg(not(target_os = "linux"))]
fn c_has_printed() -> bool {
    true
}

unsafe extern "C" {
    /// Where `printf` prints. The C library sets it before anything of the program runs.
    static stdout: *mut libc::FILE;

    /// How many bytes a stream's buffer holds that were not written. Both glibc and musl have it.
    #[cfg(target_os = "linux")]
    fn __fpending(stream: *mut libc::FILE) -> libc::size_t;
}
