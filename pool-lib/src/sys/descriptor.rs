//! Descriptors: links, sending descriptors along, waiting for several at once.
//!
//! Must not know what is sent.

use std::io::{self, IoSlice};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering, fence};
use std::time::Duration;

use nix::cmsg_space;
use nix::errno::Errno;
use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::libc;
use nix::poll::{PollFd, PollFlags, ppoll};
use nix::sys::eventfd::EventFd;
use nix::sys::socket::{
    AddressFamily, ControlMessage, MsgFlags, Shutdown, SockFlag, SockType, sendmsg, shutdown,
    socketpair,
};
use nix::sys::time::TimeSpec;

use super::standard::{FIRST, event, kept_clear};

/// A stream between the pool and a worker: our end does not block, the worker's does.
pub(crate) fn link_pair() -> io::Result<(OwnedFd, OwnedFd)> {
    pair(SockType::Stream)
}

/// A packet socket between the pool and a worker, or its fork server: our end does not block, the other's does.
pub(crate) fn packet_pair() -> io::Result<(OwnedFd, OwnedFd)> {
    pair(SockType::SeqPacket)
}

fn pair(kind: SockType) -> io::Result<(OwnedFd, OwnedFd)> {
    let (ours, theirs) = socketpair(AddressFamily::Unix, kind, None, SockFlag::SOCK_CLOEXEC)?;
    let (ours, theirs) = (kept_clear(ours)?, kept_clear(theirs)?);
    let flags = OFlag::from_bits_retain(fcntl(&ours, FcntlArg::F_GETFL)?);
    fcntl(&ours, FcntlArg::F_SETFL(flags | OFlag::O_NONBLOCK))?;
    Ok((ours, theirs))
}

/// Says nothing more through this socket: whoever reads at its other end sees the end.
pub(crate) fn hang_up(socket: BorrowedFd<'_>) {
    // Fails where the other end is gone already.
    let _ = shutdown(socket.as_raw_fd(), Shutdown::Write);
}

/// The most descriptors that one message can bring (`SCM_MAX_FD`).
const BESIDE: usize = 253;

/// Sends `bytes` with descriptors beside them; returns how many bytes went.
pub(crate) fn send_with_descriptors(
    link: BorrowedFd<'_>,
    bytes: &[u8],
    descriptors: &[BorrowedFd<'_>],
) -> io::Result<usize> {
    let raw: Vec<RawFd> = descriptors.iter().map(AsRawFd::as_raw_fd).collect();
    let beside = [ControlMessage::ScmRights(&raw)];
    let beside = if raw.is_empty() { &beside[..0] } else { &beside[..] };
    let flags = MsgFlags::MSG_NOSIGNAL;
    Ok(sendmsg::<()>(link.as_raw_fd(), &[IoSlice::new(bytes)], beside, flags, None)?)
}

/// Receives bytes and the descriptors sent beside them; 0 bytes mean the end. Descriptors for which this process has no
/// room are missing, the last ones first.
pub(crate) fn receive_with_descriptors(
    link: BorrowedFd<'_>,
    bytes: &mut [u8],
) -> io::Result<(usize, Vec<OwnedFd>)> {
    let mut space = cmsg_space!([RawFd; BESIDE]);
    let mut into = libc::iovec { iov_base: bytes.as_mut_ptr().cast(), iov_len: bytes.len() };
    // SAFETY: all of it are numbers and pointers, for which 0 is a value.
    let mut message: libc::msghdr = unsafe { std::mem::zeroed() };
    (message.msg_iov, message.msg_iovlen) = (&raw mut into, 1);
    (message.msg_control, message.msg_controllen) =
        (space.as_mut_ptr().cast(), space.capacity() as _);
    // Not by nix, which keeps what has come to itself when something is missing.
    // SAFETY: the message names two buffers of ours, with their sizes.
    let count =
        unsafe { libc::recvmsg(link.as_raw_fd(), &raw mut message, libc::MSG_CMSG_CLOEXEC) };
    let count = Errno::result(count)? as usize;
    let (mut descriptors, mut full) = (Vec::new(), false);
    // SAFETY: the kernel has filled in the message; `space` is aligned by the allocator for the headers.
    let mut header = unsafe { libc::CMSG_FIRSTHDR(&raw const message) };
    while !header.is_null() {
        // SAFETY: a header that is not null lies within the buffer.
        let beside = unsafe { header.read_unaligned() };
        if (beside.cmsg_level, beside.cmsg_type) == (libc::SOL_SOCKET, libc::SCM_RIGHTS) {
            // SAFETY: as before; the data stand behind the header.
            let (data, base) = unsafe { (libc::CMSG_DATA(header), libc::CMSG_LEN(0) as usize) };
            for place in 0..(beside.cmsg_len as usize - base) / size_of::<RawFd>() {
                // SAFETY: the length says that so many numbers stand there.
                let fd = unsafe { data.cast::<RawFd>().add(place).read_unaligned() };
                // SAFETY: the kernel has just made this descriptor for us, and nobody else has it.
                let fd = unsafe { OwnedFd::from_raw_fd(fd) };
                // Where there is no other number there is no room for it, nor for those behind it.
                match kept_clear(fd) {
                    Ok(fd) if !full => descriptors.push(fd),
                    _ => full = true,
                }
            }
        }
        // SAFETY: both are what the kernel and the last step have given.
        header = unsafe { libc::CMSG_NXTHDR(&raw const message, header) };
    }
    Ok((count, descriptors))
}

/// Closes whatever this process inherited by mistake: everything above the standard three but
/// `link`. Descriptors without close-on-exec belong to the program that owns the pool.
///
/// Call this only before any other code of this process has opened a descriptor.
pub(crate) fn close_all_above_link(link: &OwnedFd) {
    let link = link.as_raw_fd() as u32;
    for (first, last) in [(FIRST as u32, link - 1), (link + 1, u32::MAX)] {
        if first <= last {
            // SAFETY: as the caller says, no value in this process owns these descriptors.
            let closed = unsafe { libc::syscall(libc::SYS_close_range, first, last, 0) };
            if closed != 0 {
                // Before Linux 5.9, or in a sandbox.
                close_one_by_one(first..=last);
            }
        }
    }
}

/// Closes those of the descriptors that are listed as open. What it cannot close stays open, which harms nobody's
/// data.
fn close_one_by_one(numbers: std::ops::RangeInclusive<u32>) {
    let Ok(entries) = std::fs::read_dir("/proc/self/fd") else { return };
    let number = |entry: io::Result<std::fs::DirEntry>| {
        entry.ok()?.file_name().to_str()?.parse().ok().filter(|number| numbers.contains(number))
    };
    // All are read before the first is closed; the listing's own is gone by then, and closing it again fails.
    let open: Vec<u32> = entries.filter_map(number).collect();
    for number in open {
        // SAFETY: as the caller of `close_all_above_link` says, no value in this process owns it.
        unsafe { libc::close(number as RawFd) };
    }
}

/// What is waited on without holding its owner: it stays open as long as somebody waits.
pub(crate) type Waitable = Arc<dyn AsFd + Send + Sync>;

/// What to wait for on one descriptor.
pub(crate) struct Interest<'a> {
    pub(crate) fd: BorrowedFd<'a>,
    /// Also wait until it can take more bytes.
    pub(crate) write: bool,
}

/// Nobody waits longer at a time: the kernel refuses a time that it cannot reckon.
const LONGEST: Duration = Duration::from_secs(1 << 30);
/// How often descriptors are looked at that cannot be waited for.
const OFTEN: Duration = Duration::from_millis(2);

/// Waits until one of the descriptors is ready (to read, to write if asked, or at its end) or the
/// time is up; says which are, in the same order. `None` waits without limit.
pub(crate) fn wait_until_ready(
    interests: &[Interest<'_>],
    timeout: Option<Duration>,
) -> io::Result<Vec<bool>> {
    let mut fds: Vec<PollFd<'_>> = interests
        .iter()
        .map(|interest| {
            let write = if interest.write { PollFlags::POLLOUT } else { PollFlags::empty() };
            PollFd::new(interest.fd, PollFlags::POLLIN | write)
        })
        .collect();
    match ppoll(
        &mut fds,
        timeout.map(|timeout| TimeSpec::from_duration(timeout.min(LONGEST))),
        None,
    ) {
        Ok(_) | Err(Errno::EINTR) => {}
        // More than this process may have by now: whoever asks has to look at each of them, again and again.
        Err(Errno::EINVAL) => {
            std::thread::sleep(timeout.map_or(OFTEN, |timeout| timeout.min(OFTEN)));
            return Ok(vec![true; interests.len()]);
        }
        Err(error) => return Err(error.into()),
    }
    Ok(fds.iter().map(|fd| fd.any().unwrap_or(true)).collect())
}

/// Wakes one thread that waits on descriptors, from any thread.
#[derive(Clone)]
pub(crate) struct Waker(Arc<Bell>);

struct Bell {
    event: EventFd,
    sleeping: AtomicBool,
}

impl Waker {
    pub(crate) fn new() -> io::Result<Self> {
        let event = event()?;
        Ok(Self(Arc::new(Bell { event, sleeping: AtomicBool::new(false) })))
    }

    /// Call this after leaving news where the sleeper looks for it. Costs a system call only
    /// when the other side sleeps.
    pub(crate) fn wake(&self) {
        // Pairs with the fence in `prepare_to_sleep`: one of the two sides sees the other's store.
        fence(Ordering::SeqCst);
        if self.0.sleeping.swap(false, Ordering::SeqCst) {
            // Fails only when the counter is full, and then the bell rings already.
            let _ = self.0.event.write(1);
        }
    }

    /// Call this before looking for news a last time and then waiting on [`bell`](Self::bell).
    pub(crate) fn prepare_to_sleep(&self) {
        self.0.sleeping.store(true, Ordering::SeqCst);
        fence(Ordering::SeqCst);
    }

    /// Call this after waiting; `rang` says whether [`bell`](Self::bell) was ready.
    pub(crate) fn awake(&self, rang: bool) {
        self.0.sleeping.store(false, Ordering::SeqCst);
        if rang {
            // Silences the bell. A ring that comes after this only costs one more look.
            let _ = self.0.event.read();
        }
    }

    /// Whether both wake the same thread.
    pub(crate) fn is_same_as(&self, other: &Waker) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// What the sleeper waits on.
    pub(crate) fn bell(&self) -> Waitable {
        self.0.clone()
    }
}

impl AsFd for Bell {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.event.as_fd()
    }
}
