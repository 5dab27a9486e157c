//! The number of this process, at the cost of reading a word: the C library asks the kernel each time, which takes as long as
//! several steps of a short call.
//!
//! Must not know what the number is compared with.

use std::num::NonZeroUsize;
use std::process;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use nix::sys::mman::{MapFlags, MmapAdvise, ProtFlags, madvise, mmap_anonymous};

/// Room for the number, in memory of which a copy of this process finds nothing but zeros; `None` where the kernel does not
/// offer that (Linux before 4.14).
static NUMBER: OnceLock<Option<&'static AtomicU32>> = OnceLock::new();

/// As [`process::id`].
pub(crate) fn own_pid() -> u32 {
    let Some(number) = NUMBER.get_or_init(wiped_on_fork) else { return process::id() };
    match number.load(Ordering::Relaxed) {
        0 => {
            let pid = process::id();
            number.store(pid, Ordering::Relaxed);
            pid
        }
        pid => pid,
    }
}

/// A zero that is one again in every copy that is made of this process. Never unmapped: there is one for each process.
fn wiped_on_fork() -> Option<&'static AtomicU32> {
    let len = NonZeroUsize::new(size_of::<AtomicU32>())?;
    let access = ProtFlags::PROT_READ | ProtFlags::PROT_WRITE;
    // SAFETY: fresh memory at a place of the kernel's choice overlaps nothing.
    let page = unsafe { mmap_anonymous(None, len, access, MapFlags::MAP_PRIVATE) }.ok()?;
    // SAFETY: the page is ours, and nobody refers to it yet.
    unsafe { madvise(page, len.get(), MmapAdvise::MADV_WIPEONFORK) }.ok()?;
    // SAFETY: mapped for good, aligned to a page, zeroed, and read and written by atomic operations only.
    Some(unsafe { page.cast::<AtomicU32>().as_ref() })
}

#[cfg(test)]
mod tests {
    use nix::sys::wait::{WaitStatus, waitpid};
    use nix::unistd::{ForkResult, fork};

    use super::*;

    #[test]
    fn a_copy_of_the_process_has_its_own_number() {
        assert_eq!((own_pid(), own_pid()), (process::id(), process::id()));
        // SAFETY: the copy calls nothing but getpid and _exit.
        match unsafe { fork() }.expect("a process") {
            ForkResult::Child => {
                let mine = [own_pid(), own_pid()] == [process::id(); 2];
                // SAFETY: ends the copy without running what other threads have left half done.
                unsafe { nix::libc::_exit(i32::from(!mine)) }
            }
            ForkResult::Parent { child } => {
                assert_eq!(waitpid(child, None), Ok(WaitStatus::Exited(child, 0)));
            }
        }
    }
}
