//! Processes: forking a sibling, watching, killing and reaping by pidfd.
//!
//! Must not know why a process is started or ended.

use std::ffi::CString;
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd};
use std::os::raw::c_int;
use std::os::unix::fs::MetadataExt;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::libc;
use nix::sched::{CpuSet, sched_getaffinity, sched_setaffinity};
use nix::sys::prctl;
use nix::sys::signal::Signal;
use nix::sys::wait::{Id, WaitPidFlag, WaitStatus, waitid};
use nix::unistd::{Pid, getppid};

use super::descriptor::{Interest, wait_until_ready};
use super::standard::kept_clear;
use crate::error::{WorkerExit, naming};

/// Which side of [`fork_sibling`] this is.
pub(crate) enum Forked {
    /// The new process.
    Child,
    /// The process that asked, with the new one's number and handle.
    Parent { pid: u32, pidfd: OwnedFd },
}

/// Forks a process whose parent is this process's parent, so that the pool itself watches,
/// reaps and outlives (or not) a worker that its fork server made.
///
/// Refuses when this process has more than one thread: the child would inherit locks held by
/// threads that it does not have.
pub(crate) fn fork_sibling() -> io::Result<Forked> {
    let threads = own_threads()?;
    if threads != 1 {
        return Err(io::Error::other(format!(
            "the fork server has {threads} threads and can fork safely only with one; \
             `preload` must not leave threads behind"
        )));
    }
    let mut pidfd: c_int = -1;
    let tid_cell = thread_id_cell();
    let mut flags = libc::CLONE_PARENT | libc::CLONE_PIDFD;
    if !tid_cell.is_null() {
        flags |= libc::CLONE_CHILD_SETTID;
        // With glibc it is also what the kernel clears when the thread ends.
        if !cfg!(target_env = "musl") {
            flags |= libc::CLONE_CHILD_CLEARTID;
        }
    }
    // SAFETY: without CLONE_VM the child has its own memory, like after fork(2); this process has
    // one thread and is in no allocator or lock here. The kernel writes only `pidfd` here and the
    // C library's cell of its thread id there, as the library's own fork does.
    let pid = unsafe { raw_clone(flags, &raw mut pidfd, tid_cell) };
    match Errno::result(pid)? {
        0 => Ok(Forked::Child),
        pid => {
            // SAFETY: the kernel has just made this descriptor for us (close-on-exec, as all pidfds).
            let pidfd = unsafe { OwnedFd::from_raw_fd(pidfd) };
            Ok(Forked::Parent { pid: pid as u32, pidfd })
        }
    }
}

/// The system call, whose argument order differs between architectures.
unsafe fn raw_clone(flags: c_int, pidfd: *mut c_int, tid_cell: *mut c_int) -> libc::c_long {
    let no_stack = std::ptr::null_mut::<u8>();
    let no_tls = 0_usize;
    #[cfg(any(target_arch = "x86_64", target_arch = "m68k"))]
    // SAFETY: the caller's; the arguments stand in the order of this architecture.
    return unsafe {
        libc::syscall(libc::SYS_clone, flags as usize, no_stack, pidfd, tid_cell, no_tls)
    };
    #[cfg(any(target_arch = "aarch64", target_arch = "riscv64", target_arch = "loongarch64"))]
    // SAFETY: the caller's; the arguments stand in the order of this architecture.
    return unsafe {
        libc::syscall(libc::SYS_clone, flags as usize, no_stack, pidfd, no_tls, tid_cell)
    };
}

/// Where musl keeps the id of a thread, in ints from what `pthread_self` points to: behind six pointers, or four where the
/// thread's own variables lie above them.
const MUSL_TID: usize = if cfg!(target_arch = "x86_64") { 12 } else { 8 };

/// Where the C library keeps the id of this thread. A raw clone does not renew it, so the kernel is asked to: with glibc
/// little would notice a stale one, but `raise` of musl would send its signal to whoever has that id. Null where it cannot be
/// found for certain.
fn thread_id_cell() -> *mut c_int {
    let own = nix::unistd::gettid().as_raw();
    if cfg!(target_env = "musl") {
        // SAFETY: always succeeds.
        let thread = unsafe { libc::pthread_self() } as usize as *mut c_int;
        let cell = thread.wrapping_add(MUSL_TID);
        // SAFETY: musl's description of a thread is larger than that, and this is the only thread that could write to it.
        let found = unsafe { cell.read_volatile() } == own;
        return if found { cell } else { std::ptr::null_mut() };
    }
    let mut cell: *mut c_int = std::ptr::null_mut();
    // SAFETY: writes one pointer to `cell`, or fails where the kernel lacks the request.
    let asked = unsafe { libc::prctl(libc::PR_GET_TID_ADDRESS, &raw mut cell, 0, 0, 0) };
    // SAFETY: the kernel clears the int behind this pointer when the thread ends, so it is mapped.
    if asked == 0 && !cell.is_null() && unsafe { cell.read_volatile() } == own {
        cell
    } else {
        std::ptr::null_mut()
    }
}

/// How many threads this process has.
fn own_threads() -> io::Result<u64> {
    let tasks = std::fs::metadata("/proc/self/task")?;
    // Linux gives the folder a link for each thread, beside the two of every folder. Whoever does not, counts.
    match tasks.nlink() {
        links @ 3.. => Ok(links - 2),
        _ => Ok(std::fs::read_dir("/proc/self/task")?.count() as u64),
    }
}

/// A handle to a child process of ours that has not been reaped.
pub(crate) fn open_pidfd(pid: u32) -> io::Result<OwnedFd> {
    // SAFETY: takes two numbers and returns a new descriptor or an error.
    let fd = Errno::result(unsafe { libc::syscall(libc::SYS_pidfd_open, pid as libc::pid_t, 0) })?;
    // SAFETY: the kernel has just made this descriptor for us (close-on-exec, as all pidfds).
    kept_clear(unsafe { OwnedFd::from_raw_fd(fd as c_int) })
}

/// Makes sure that processes can be watched, killed and reaped by pidfd here; else says by what they cannot. An
/// old kernel does not know the calls, and a sandbox may refuse them.
pub(crate) fn check_pidfds() -> Result<(), (&'static str, io::Error)> {
    let own = open_pidfd(std::process::id()).map_err(|error| {
        ("workers are watched by pidfd_open (Linux 5.3), which cannot be had here", error)
    })?;
    let no_info = std::ptr::null::<libc::siginfo_t>();
    let (fd, no_signal) = (own.as_raw_fd(), 0);
    // SAFETY: the descriptor is open; a null info is allowed; signal 0 only asks.
    let asked = unsafe { libc::syscall(libc::SYS_pidfd_send_signal, fd, no_signal, no_info, 0) };
    Errno::result(asked).map_err(|error| {
        let what = "workers are killed by pidfd_send_signal (Linux 5.1), which cannot be had here";
        (what, error.into())
    })?;
    let look_only = WaitPidFlag::WEXITED | WaitPidFlag::WNOHANG | WaitPidFlag::WNOWAIT;
    match waitid(Id::PIDFd(own.as_fd()), look_only) {
        // Nobody is a child of their own: that is understood.
        Ok(_) | Err(Errno::ECHILD) => Ok(()),
        Err(error) => {
            let what =
                "workers are reaped by waitid with P_PIDFD (Linux 5.4), which cannot be had here";
            Err((what, error.into()))
        }
    }
}

/// Sends `SIGKILL`; to a process that is gone already this does nothing. `false` if this process may not: it has given up
/// rights that the other one has.
pub(crate) fn kill(pidfd: BorrowedFd<'_>) -> bool {
    let no_info = std::ptr::null::<libc::siginfo_t>();
    let (fd, signal) = (pidfd.as_raw_fd(), Signal::SIGKILL as c_int);
    // SAFETY: the descriptor is open for the length of the call; a null info is allowed.
    let sent = unsafe { libc::syscall(libc::SYS_pidfd_send_signal, fd, signal, no_info, 0) };
    let refused = sent != 0 && Errno::last() == Errno::EPERM;
    debug_assert!(sent == 0 || refused || Errno::last() == Errno::ESRCH, "{}", Errno::last());
    !refused
}

/// How long a process is waited for at the end that may not be killed.
pub(crate) const FAREWELL: Duration = Duration::from_secs(1);

/// Waits until the process has ended, for at most `limit`, and collects its exit status; `None` if it has not.
pub(crate) fn wait_and_reap(pidfd: BorrowedFd<'_>, limit: Duration) -> Option<WorkerExit> {
    let began = Instant::now();
    loop {
        let left = limit.saturating_sub(began.elapsed());
        let exit = reap(pidfd);
        if exit.is_some() || left.is_zero() {
            return exit;
        }
        wait_until_ready(&[Interest { fd: pidfd, write: false }], Some(left)).ok()?;
    }
}

/// Kills and reaps a new child for which no descriptor was to be had. Waits, for as long as the kernel
/// needs to end it.
pub(crate) fn put_down(pid: u32) {
    let pid = Pid::from_raw(pid as i32);
    // The number is its own exactly as long as nobody has reaped it: so look before.
    let look_only = WaitPidFlag::WEXITED | WaitPidFlag::WNOHANG | WaitPidFlag::WNOWAIT;
    if waitid(Id::Pid(pid), look_only).is_ok() {
        // Fails when it is gone, which is what is wanted.
        let _ = nix::sys::signal::kill(pid, Signal::SIGKILL);
        while waitid(Id::Pid(pid), WaitPidFlag::WEXITED) == Err(Errno::EINTR) {}
    }
}

/// Collects the exit status of a child that has ended; `None` while it runs.
pub(crate) fn reap(pidfd: BorrowedFd<'_>) -> Option<WorkerExit> {
    match waitid(Id::PIDFd(pidfd.as_fd()), WaitPidFlag::WEXITED | WaitPidFlag::WNOHANG) {
        Ok(WaitStatus::Exited(_, code)) => Some(WorkerExit::Code(code)),
        Ok(WaitStatus::Signaled(_, signal, _)) => Some(WorkerExit::Signal(signal as i32)),
        Ok(_) => None,
        // A real-time signal has no name in nix; the process is reaped all the same.
        Err(Errno::EINVAL) => Some(WorkerExit::Unknown),
        // Not our child any more: the program ignores SIGCHLD or has waited for everybody.
        Err(_) => is_gone(pidfd).then_some(WorkerExit::Unknown),
    }
}

/// Whether the process is a child of ours that has not been reaped.
pub(crate) fn is_child(pidfd: BorrowedFd<'_>) -> bool {
    let look_only = WaitPidFlag::WEXITED | WaitPidFlag::WNOHANG | WaitPidFlag::WNOWAIT;
    waitid(Id::PIDFd(pidfd), look_only).is_ok()
}

/// Whether the process behind a pidfd has ended, no matter who reaps it.
fn is_gone(pidfd: BorrowedFd<'_>) -> bool {
    use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
    let mut fds = [PollFd::new(pidfd, PollFlags::POLLIN)];
    matches!(poll(&mut fds, PollTimeout::ZERO), Ok(1))
}

/// Asks the kernel to kill this process when its parent's thread that made it ends, and then
/// looks whether that has happened already: `false` means that the parent is gone.
pub(crate) fn die_with_parent(parent: u32) -> io::Result<bool> {
    // Arm first, look second: the other order leaves a gap in which the parent can end unnoticed.
    prctl::set_pdeathsig(Some(Signal::SIGKILL))
        .map_err(io::Error::from)
        .map_err(naming("a worker must end with its program (prctl with PR_SET_PDEATHSIG)"))?;
    Ok(getppid() == Pid::from_raw(parent as i32))
}

/// Gives this process a name for `ps` and `top`; the kernel keeps 15 bytes. Where a sandbox refuses that, it keeps
/// the one that it has.
pub(crate) fn set_name(name: &str) {
    if let Ok(name) = CString::new(name) {
        let _ = prctl::set_name(&name);
    }
}

/// Binds this process to one of the cores that it may use, counted from 0 and around.
pub(crate) fn pin_to_core(number: u32) -> io::Result<()> {
    let this = Pid::from_raw(0);
    let allowed = sched_getaffinity(this)?;
    let cores: Vec<usize> =
        (0..CpuSet::count()).filter(|&core| allowed.is_set(core) == Ok(true)).collect();
    let mut one = CpuSet::new();
    one.set(cores[number as usize % cores.len()])?;
    Ok(sched_setaffinity(this, &one)?)
}

/// Ends this process without running anything of the program's: what std and C libraries
/// registered for exit belongs to the program that owns the pool.
pub(crate) fn end_now(code: i32) -> ! {
    // SAFETY: ends the process; nothing of it is used afterwards.
    unsafe { libc::_exit(code) }
}
