//! The number of this process, at the cost of reading a word: the C library asks the kernel each time, which takes as long as
//! several steps of a short call.
//!
//! Without a lock: a copy of the process that was made while another thread had it would find it locked for ever.
//!
//! Must not know what the number is compared with.

use std::num::NonZeroUsize;
use std::process;
use std::ptr;
use std::sync::atomic::{AtomicPtr, AtomicU32, Ordering};

use nix::sys::mman::{MapFlags, MmapAdvise, ProtFlags, madvise, mmap_anonymous};

/// Where the number is kept: in memory of which a copy of this process finds nothing but zeros.
static PLACE: AtomicPtr<AtomicU32> = AtomicPtr::new(ptr::null_mut());
/// Stands there instead where the kernel does not offer such memory (Linux before 4.14).
static NOWHERE: AtomicU32 = AtomicU32::new(0);

/// As [`process::id`].
pub(crate) fn own_pid() -> u32 {
    let place = place();
    let known = place.load(Ordering::Relaxed);
    if known != 0 {
        return known;
    }
    let pid = process::id();
    if !ptr::eq(place, &NOWHERE) {
        place.store(pid, Ordering::Relaxed);
    }
    pid
}

fn place() -> &'static AtomicU32 {
    let mut place = PLACE.load(Ordering::Acquire);
    if place.is_null() {
        let found = wiped_on_fork().unwrap_or(&NOWHERE);
        // Two threads that come here together use one place each, this once.
        PLACE.store(ptr::from_ref(found).cast_mut(), Ordering::Release);
        place = ptr::from_ref(found).cast_mut();
    }
    // SAFETY: one of the two that were stored here, and both stay for good; only atomic operations are made on it.
    unsafe { &*place }
}

/// A zero that is one again in every copy that is made of this process. Never unmapped.
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
