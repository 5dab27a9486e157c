//! A stream socket between the pool and a worker: bytes one way or the other, and single bytes that only wake.
//!
//! Must not know what the bytes mean.

use std::io::{self, ErrorKind, IoSlice};
use std::os::fd::{AsRawFd, BorrowedFd};

use nix::errno::Errno;
use nix::sys::socket::{MsgFlags, Shutdown, recv, send, sendmsg, shutdown};

/// What a read came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Read {
    Bytes(usize),
    /// There is nothing now.
    Nothing,
    /// The other side is gone, or will say nothing more.
    End,
}

/// Sends as much of `bytes` as the socket takes without waiting. An error means that nobody listens any more.
pub(super) fn send_some(fd: BorrowedFd<'_>, bytes: &[u8]) -> io::Result<usize> {
    let flags = MsgFlags::MSG_NOSIGNAL | MsgFlags::MSG_DONTWAIT;
    loop {
        match send(fd.as_raw_fd(), bytes, flags) {
            Ok(count) => return Ok(count),
            Err(Errno::EINTR) => {}
            Err(Errno::EAGAIN) => return Ok(0),
            Err(error) => return Err(error.into()),
        }
    }
}

/// Sends all of these parts, waiting as long as that takes.
pub(super) fn send_all<const N: usize>(fd: BorrowedFd<'_>, parts: [&[u8]; N]) -> io::Result<()> {
    let mut parts = parts.map(IoSlice::new);
    let mut rest = &mut parts[..];
    // Leaves out what is empty.
    IoSlice::advance_slices(&mut rest, 0);
    while !rest.is_empty() {
        match sendmsg::<()>(fd.as_raw_fd(), rest, &[], MsgFlags::MSG_NOSIGNAL, None) {
            Ok(count) => IoSlice::advance_slices(&mut rest, count),
            Err(Errno::EINTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

/// Receives what is there, without waiting.
pub(super) fn receive_some(fd: BorrowedFd<'_>, into: &mut [u8]) -> Read {
    receive(fd, into, MsgFlags::MSG_DONTWAIT)
}

/// Receives what is there, and waits until there is something.
pub(super) fn wait_and_receive(fd: BorrowedFd<'_>, into: &mut [u8]) -> Read {
    receive(fd, into, MsgFlags::empty())
}

fn receive(fd: BorrowedFd<'_>, into: &mut [u8], flags: MsgFlags) -> Read {
    loop {
        match recv(fd.as_raw_fd(), into, flags) {
            Ok(0) => return Read::End,
            Ok(count) => return Read::Bytes(count),
            Err(Errno::EINTR) => {}
            Err(Errno::EAGAIN) => return Read::Nothing,
            Err(_) => return Read::End,
        }
    }
}

/// Wakes the other side, which looks at everything that it is waiting for. Whoever cannot be woken
/// because so many such bytes lie there already will find one of them.
pub(super) fn ring_bell(fd: BorrowedFd<'_>) {
    // An error means that the other side is gone, which its watcher will see.
    let _ = send_some(fd, &[0]);
}

/// Waits until the bell rings. An error means that it never will.
pub(super) fn wait_for_bell(fd: BorrowedFd<'_>) -> io::Result<()> {
    match wait_and_receive(fd, &mut [0; 64]) {
        Read::Bytes(_) | Read::Nothing => Ok(()),
        Read::End => Err(ErrorKind::UnexpectedEof.into()),
    }
}

/// Ends one direction, or both.
pub(super) fn shut(fd: BorrowedFd<'_>, direction: Shutdown) {
    // Fails when the other side is gone, and then it knows already.
    let _ = shutdown(fd.as_raw_fd(), direction);
}
