//! What a process prints: a pipe for it, and the buffers on its way out.
//!
//! Must not know who prints, or who reads.

use std::io::{self, Write};
use std::os::fd::OwnedFd;

use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::libc;
use nix::unistd::pipe2;

/// How much a pipe holds, in bytes: enough for a burst, and little enough that a flood waits.
const CAPACITY: i32 = 16 << 10;

/// A pipe: our end, for reading, does not block; the other, for writing, does.
pub(crate) fn output_pipe() -> io::Result<(OwnedFd, OwnedFd)> {
    let (ours, theirs) = pipe2(OFlag::O_CLOEXEC)?;
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
    // SAFETY: the C library's own stream, which is open from the start of the process to its end. Its
    // lock is held by nobody for longer than a write takes, as with std's above.
    let _ = unsafe { libc::fflush(stdout) };
}

unsafe extern "C" {
    /// Where `printf` prints. The C library sets it before anything of the program runs.
    static stdout: *mut libc::FILE;
}
