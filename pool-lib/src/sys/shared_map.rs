//! Memory that the pool shares with one worker: single words, and stretches of bytes that are copied in and out.
//!
//! Must not know what lies where; see `transport`.

use std::io;
use std::num::NonZeroUsize;
use std::os::fd::{AsFd, OwnedFd};
use std::ptr::NonNull;
use std::sync::atomic::AtomicU64;

use nix::fcntl::{FcntlArg, SealFlag, fcntl};
use nix::sys::mman::{MapFlags, ProtFlags, mmap, munmap};

use super::memfd;
use crate::error::naming;

/// A mapping of shared memory; unmapped on drop.
pub(crate) struct SharedMap {
    base: NonNull<u8>,
    len: NonZeroUsize,
}

// SAFETY: the mapping belongs to the value, not to a thread; it gives out only atomics and copies.
unsafe impl Send for SharedMap {}

// SAFETY: words are atomics. Bytes are only copied in and out; who copies which is agreed between two processes
// by a ring's positions, and within a process each end of a ring exists once and is used through `&mut`.
unsafe impl Sync for SharedMap {}

impl SharedMap {
    /// Fresh memory of `len` bytes, all 0, and the descriptor by which another process maps it.
    ///
    /// The file is sealed: a worker that shortens it could otherwise kill the pool by `SIGBUS`.
    pub(crate) fn create(len: NonZeroUsize) -> io::Result<(Self, OwnedFd)> {
        let what = "links need shared memory (memfd_create)";
        let file = memfd::create(c"pool-lib link", len.get(), what)?;
        let seals = SealFlag::F_SEAL_SHRINK | SealFlag::F_SEAL_GROW | SealFlag::F_SEAL_SEAL;
        fcntl(&file, FcntlArg::F_ADD_SEALS(seals))?;
        Ok((Self::map(&file, len)?, file))
    }

    /// Maps the memory behind a descriptor made by [`create`](Self::create) with the same length.
    pub(crate) fn map(file: impl AsFd, len: NonZeroUsize) -> io::Result<Self> {
        let protection = ProtFlags::PROT_READ | ProtFlags::PROT_WRITE;
        // SAFETY: a new mapping at a place of the kernel's choice touches no memory of ours.
        let place = unsafe { mmap(None, len, protection, MapFlags::MAP_SHARED, file, 0) }
            .map_err(io::Error::from)
            .map_err(naming("links need shared memory (mmap)"))?;
        Ok(Self { base: place.cast(), len })
    }

    /// The word at `offset`. The other side may change it at any time.
    ///
    /// # Panics
    ///
    /// If no whole, aligned word is there.
    pub(crate) fn word(&self, offset: usize) -> &AtomicU64 {
        assert!(offset.is_multiple_of(align_of::<AtomicU64>()));
        let place = self.place(offset, size_of::<AtomicU64>());
        // SAFETY: the place is aligned and inside the mapping (both just checked), which is page-aligned,
        // sealed against shortening, and lives as long as `self`; both sides touch it only atomically.
        unsafe { place.cast::<AtomicU64>().as_ref() }
    }

    /// Copies `bytes` to `offset`.
    ///
    /// # Panics
    ///
    /// If they do not fit.
    #[inline]
    pub(crate) fn write(&self, offset: usize, bytes: &[u8]) {
        let place = self.place(offset, bytes.len());
        // SAFETY: the target is inside the mapping, and the source is ours, so the two do not
        // overlap. The ring's protocol gives this stretch to one side at a time; a worker that breaks it
        // spoils bytes, and bytes from there are trusted with nothing.
        unsafe { place.copy_from_nonoverlapping(NonNull::from(bytes).cast(), bytes.len()) }
    }

    /// Appends the `len` bytes at `offset` to `into`. A copy is made before anybody looks at them, so
    /// that what was checked cannot change any more.
    ///
    /// # Panics
    ///
    /// If there are not so many.
    pub(crate) fn read(&self, offset: usize, len: usize, into: &mut Vec<u8>) {
        let place = self.place(offset, len);
        into.reserve(len);
        let end = into.spare_capacity_mut().as_mut_ptr().cast::<u8>();
        // SAFETY: the source is inside the mapping; the target was just reserved and is ours alone.
        // (For writers that break the protocol see `write`.)
        unsafe { place.as_ptr().copy_to_nonoverlapping(end, len) };
        // SAFETY: so many bytes behind the old end were just written.
        unsafe { into.set_len(into.len() + len) };
    }

    fn place(&self, offset: usize, len: usize) -> NonNull<u8> {
        let inside = offset.checked_add(len).is_some_and(|end| end <= self.len.get());
        assert!(inside, "{len} bytes at {offset} are outside of the map");
        // SAFETY: the sum is inside the mapping or one past its end.
        unsafe { self.base.add(offset) }
    }
}

impl Drop for SharedMap {
    fn drop(&mut self) {
        // SAFETY: the mapping was made by `map` with this size, and no reference outlives `self`.
        let unmapped = unsafe { munmap(self.base.cast(), self.len.get()) };
        debug_assert!(unmapped.is_ok(), "{unmapped:?}");
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::Ordering;

    use super::*;

    const PAGE: NonZeroUsize = NonZeroUsize::new(4096).unwrap();

    #[test]
    fn both_mappings_show_the_same_memory() {
        let (ours, file) = SharedMap::create(PAGE).unwrap();
        let theirs = SharedMap::map(&file, PAGE).unwrap();
        ours.word(8).store(7, Ordering::SeqCst);
        ours.write(4090, b"knight");
        assert_eq!(theirs.word(8).load(Ordering::SeqCst), 7);
        let mut read = b"a ".to_vec();
        theirs.read(4090, 6, &mut read);
        assert_eq!(read, b"a knight");
    }

    #[test]
    fn what_is_outside_is_refused() {
        let (map, _) = SharedMap::create(PAGE).unwrap();
        let refused =
            |body: &dyn Fn()| std::panic::catch_unwind(std::panic::AssertUnwindSafe(body)).is_err();
        assert!(refused(&|| map.write(4091, b"knight")));
        assert!(refused(&|| map.write(usize::MAX, b"knight")));
        assert!(refused(&|| map.read(0, 4097, &mut Vec::new())));
        assert!(refused(&|| _ = map.word(4096)));
        assert!(refused(&|| _ = map.word(4)));
    }
}
