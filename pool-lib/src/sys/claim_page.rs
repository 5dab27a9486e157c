//! One word of memory that the pool shares with one worker.
//!
//! Must not know what the word means; see `transport::claim`.

use std::ffi::CString;
use std::io;
use std::num::NonZeroUsize;
use std::os::fd::{AsFd, OwnedFd};
use std::ptr::NonNull;
use std::sync::atomic::AtomicU64;

use nix::fcntl::{FcntlArg, SealFlag, fcntl};
use nix::sys::memfd::{MFdFlags, memfd_create};
use nix::sys::mman::{MapFlags, ProtFlags, mmap, munmap};
use nix::unistd::ftruncate;

/// What is mapped; the kernel rounds it up to a page.
const SIZE: NonZeroUsize = NonZeroUsize::new(size_of::<AtomicU64>()).unwrap();

/// A mapping of the shared word; unmapped on drop.
pub(crate) struct ClaimPage {
    word: NonNull<AtomicU64>,
}

// SAFETY: the mapping belongs to the value, not to a thread, and gives out only an atomic.
unsafe impl Send for ClaimPage {}

impl ClaimPage {
    /// A fresh word, 0, and the descriptor by which another process maps the same memory.
    ///
    /// The file is sealed: a worker that shortens it could otherwise kill the pool by `SIGBUS`.
    pub(crate) fn create() -> io::Result<(Self, OwnedFd)> {
        let name = CString::new("pool-lib claim").expect("no zero byte inside");
        let file =
            memfd_create(name.as_c_str(), MFdFlags::MFD_CLOEXEC | MFdFlags::MFD_ALLOW_SEALING)?;
        ftruncate(&file, SIZE.get() as i64)?;
        let seals = SealFlag::F_SEAL_SHRINK | SealFlag::F_SEAL_GROW | SealFlag::F_SEAL_SEAL;
        fcntl(&file, FcntlArg::F_ADD_SEALS(seals))?;
        Ok((Self::map(&file)?, file))
    }

    /// Maps the word behind a descriptor made by [`create`](Self::create).
    pub(crate) fn map(file: impl AsFd) -> io::Result<Self> {
        let protection = ProtFlags::PROT_READ | ProtFlags::PROT_WRITE;
        // SAFETY: a new mapping at a place of the kernel's choice touches no memory of ours.
        let place = unsafe { mmap(None, SIZE, protection, MapFlags::MAP_SHARED, file, 0) }?;
        Ok(Self { word: place.cast() })
    }

    /// The shared word. The other side may change it at any time.
    pub(crate) fn word(&self) -> &AtomicU64 {
        // SAFETY: the mapping is page-aligned, at least eight bytes long, sealed against
        // shortening, and lives as long as `self`; both sides touch it only atomically.
        unsafe { self.word.as_ref() }
    }
}

impl Drop for ClaimPage {
    fn drop(&mut self) {
        // SAFETY: the mapping was made by `map` with this size, and no reference outlives `self`.
        let unmapped = unsafe { munmap(self.word.cast(), SIZE.get()) };
        debug_assert!(unmapped.is_ok(), "{unmapped:?}");
    }
}
