//! The three standard descriptors, which belong to the program: where it has closed them, nothing of ours may take their
//! place. What is printed would go there.
//!
//! Must not know what a descriptor is for.

use std::fs::File;
use std::io;
use std::os::fd::{AsFd, AsRawFd, FromRawFd, OwnedFd, RawFd};

use nix::errno::Errno;
use nix::fcntl::{FcntlArg, fcntl};
use nix::sys::eventfd::{EfdFlags, EventFd};
use nix::unistd::{dup2_stderr, dup2_stdin, dup2_stdout};

/// The first number that is not one of the three.
pub(super) const FIRST: RawFd = 3;

/// The same by a number that is none of the three.
pub(super) fn kept_clear(fd: impl Into<OwnedFd>) -> io::Result<OwnedFd> {
    let fd = fd.into();
    if fd.as_raw_fd() >= FIRST { Ok(fd) } else { copy(&fd) }
}

fn copy(fd: &impl AsFd) -> io::Result<OwnedFd> {
    let copy = fcntl(fd, FcntlArg::F_DUPFD_CLOEXEC(FIRST))?;
    // SAFETY: the kernel has just made this descriptor for us.
    Ok(unsafe { OwnedFd::from_raw_fd(copy) })
}

/// A counter to be waited for, which never blocks.
pub(super) fn event() -> io::Result<EventFd> {
    let event = EventFd::from_flags(EfdFlags::EFD_CLOEXEC | EfdFlags::EFD_NONBLOCK)?;
    if event.as_fd().as_raw_fd() >= FIRST {
        return Ok(event);
    }
    // SAFETY: it is another number for the same counter.
    Ok(unsafe { EventFd::from_owned_fd(copy(&event)?) })
}

/// Takes over the link that this process was given as its standard input, and puts `/dev/null` in its place, so that user
/// code can read nothing but the end of a file. It does so for the other two as well, if the program had closed them:
/// std would have, had it come to that.
pub(crate) fn take_link_from_stdin() -> io::Result<OwnedFd> {
    let link = copy(&io::stdin())?;
    let null = kept_clear(File::open("/dev/null")?)?;
    dup2_stdin(&null)?;
    if is_closed(&io::stdout()) {
        dup2_stdout(&null)?;
    }
    if is_closed(&io::stderr()) {
        dup2_stderr(&null)?;
    }
    Ok(link)
}

fn is_closed(standard: &impl AsFd) -> bool {
    fcntl(standard, FcntlArg::F_GETFD) == Err(Errno::EBADF)
}
