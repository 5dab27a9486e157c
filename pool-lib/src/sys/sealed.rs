//! Memory that is written once and then only read, by any number of processes: a sealed memfd.
//!
//! Must not know what it holds, or trust a file that somebody else has made.

use std::fmt;
use std::io;
use std::num::NonZeroUsize;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::ptr::NonNull;
use std::sync::OnceLock;

use nix::errno::Errno;
use nix::fcntl::{FcntlArg, SealFlag, fcntl};
use nix::libc;
use nix::sys::mman::{MapFlags, MmapAdvise, ProtFlags, madvise, mmap, mmap_anonymous, munmap};
use nix::sys::stat::fstat;

use super::memfd;
use super::memory::{HUGE, LARGE};

/// Nobody can write to it any more or shorten it: so a slice of it is what it is, and reading it kills nobody.
const FINISHED: SealFlag = SealFlag::F_SEAL_WRITE.union(SealFlag::F_SEAL_SHRINK);

/// A mapping of a file; nothing at all where the file is empty.
struct Map(Option<Place>);

#[derive(Clone, Copy)]
struct Place {
    start: NonNull<u8>,
    len: NonZeroUsize,
    /// How much is to be unmapped: some of what stands behind the file's bytes may be ours as well.
    room: NonZeroUsize,
}

// SAFETY: the mapping belongs to the value, not to a thread.
unsafe impl Send for Map {}

// SAFETY: through `&Map` bytes are only read, and nobody else writes: a draft's file is known to nobody, and a memory's is
// sealed.
unsafe impl Sync for Map {}

impl Map {
    fn new(file: impl AsFd, len: usize, protection: ProtFlags) -> io::Result<Self> {
        let Some(len) = NonZeroUsize::new(len) else { return Ok(Self(None)) };
        if len.get() >= LARGE {
            return Self::aligned(file, len, protection);
        }
        // SAFETY: a new mapping at a place of the kernel's choice touches no memory of ours.
        let start = unsafe { mmap(None, len, protection, MapFlags::MAP_SHARED, file, 0) }?;
        Ok(Self(Some(Place { start: start.cast(), len, room: len })))
    }

    /// At a place where huge pages of the file, if it has some, can be huge pages of the process. The kernel looks for such
    /// a place by itself only where it makes huge pages of shared memory by itself.
    fn aligned(file: impl AsFd, len: NonZeroUsize, protection: ProtFlags) -> io::Result<Self> {
        let too_long = || io::Error::from(io::ErrorKind::OutOfMemory);
        let room = len.get().checked_next_multiple_of(HUGE).and_then(NonZeroUsize::new);
        let room = room.ok_or_else(too_long)?;
        let reserved = room.checked_add(HUGE).ok_or_else(too_long)?;
        let flags = MapFlags::MAP_PRIVATE | MapFlags::MAP_NORESERVE;
        // SAFETY: a new mapping at a place of the kernel's choice touches no memory of ours.
        let first = unsafe { mmap_anonymous(None, reserved, ProtFlags::PROT_NONE, flags) }?;
        let first = first.cast::<u8>();
        let before = first.addr().get().next_multiple_of(HUGE) - first.addr().get();
        // SAFETY: less than a huge page further, which is inside of what was reserved.
        let start = unsafe { first.add(before) };
        if before > 0 {
            // SAFETY: the pages before the start were just reserved, and nobody knows of them.
            unsafe { munmap(first.cast(), before) }?;
        }
        // SAFETY: what was reserved ends a huge page behind `room`, less what stands before the start.
        unsafe { munmap(start.add(room.get()).cast(), HUGE - before) }?;
        // From here on its drop gives it back, whatever happens.
        let map = Self(Some(Place { start, len, room }));
        let flags = MapFlags::MAP_SHARED | MapFlags::MAP_FIXED;
        // SAFETY: this replaces pages that were just reserved and that nobody knows of.
        unsafe { mmap(Some(start.addr()), len, protection, flags, file, 0) }?;
        Ok(map)
    }

    fn bytes(&self) -> &[u8] {
        let Some(Place { start, len, .. }) = self.0 else { return &[] };
        // SAFETY: the mapping is readable, so long, lives as long as `self`, and nobody writes to it (see `Sync`).
        unsafe { NonNull::slice_from_raw_parts(start, len.get()).as_ref() }
    }
}

impl Drop for Map {
    fn drop(&mut self) {
        if let Some(Place { start, room, .. }) = self.0 {
            // SAFETY: all of it was mapped by `new`, and no reference outlives `self`.
            let unmapped = unsafe { munmap(start.cast(), room.get()) };
            debug_assert!(unmapped.is_ok(), "{unmapped:?}");
        }
    }
}

/// As in `<linux/mman.h>`; `libc` does not have it for musl.
const MADV_COLLAPSE: libc::c_int = 25;

/// Memory that is still being written, by one process alone.
pub(crate) struct Draft {
    file: OwnedFd,
    map: Map,
}

impl Draft {
    /// Memory of `len` bytes, all 0. Its pages are there already, or this fails: had the kernel no more of them later,
    /// it would kill whoever writes.
    pub(crate) fn create(len: usize) -> io::Result<Self> {
        let what = "blobs need shared memory (memfd_create)";
        let file = memfd::create(c"pool-lib blob", len, what)?;
        let map = Map::new(&file, len, ProtFlags::PROT_READ | ProtFlags::PROT_WRITE)?;
        let mut draft = Self { file, map };
        draft.populate()?;
        Ok(draft)
    }

    fn populate(&mut self) -> io::Result<()> {
        let Some(Place { start, len, .. }) = self.map.0 else { return Ok(()) };
        if len.get() >= LARGE {
            // One small page of each huge one has to be there; the kernel then makes the whole of it, whatever it is set to
            // do by itself. Before Linux 6.1, or without huge pages to be had, it refuses, and all pages stay small.
            self.bytes_mut().iter_mut().step_by(HUGE).for_each(|byte| *byte = 0);
            // SAFETY: this exchanges pages for larger ones, and changes no byte.
            unsafe { libc::madvise(start.as_ptr().cast(), len.get(), MADV_COLLAPSE) };
        }
        // SAFETY: this puts pages of zeros where nothing was written yet, and changes no byte.
        let populated =
            unsafe { madvise(start.cast(), len.get(), MmapAdvise::MADV_POPULATE_WRITE) };
        match populated {
            // Before Linux 5.14; then pages come one by one.
            Ok(()) | Err(Errno::EINVAL) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        self.map.bytes()
    }

    pub(crate) fn bytes_mut(&mut self) -> &mut [u8] {
        let Some(Place { start, len, .. }) = self.map.0 else { return &mut [] };
        // SAFETY: the mapping is writable, so long, and lives as long as `self`, which is borrowed for good; no other
        // process and no other value has it.
        unsafe { NonNull::slice_from_raw_parts(start, len.get()).as_mut() }
    }

    /// Ends the writing, for everybody and for good.
    pub(crate) fn seal(self) -> io::Result<Memory> {
        let Self { file, map } = self;
        // In this order: the kernel refuses the seal while somebody could write.
        drop(map);
        let seals = FINISHED | SealFlag::F_SEAL_GROW | SealFlag::F_SEAL_SEAL;
        fcntl(&file, FcntlArg::F_ADD_SEALS(seals))?;
        let memory = Memory::new(file);
        memory.open()?;
        Ok(memory)
    }
}

/// Memory that nobody can write to. One that has come from elsewhere is looked at and mapped when it is opened.
pub(crate) struct Memory {
    file: OwnedFd,
    map: OnceLock<Map>,
}

impl Memory {
    /// Whatever is behind the descriptor; see [`open`](Self::open).
    pub(crate) fn new(file: OwnedFd) -> Self {
        Self { file, map: OnceLock::new() }
    }

    /// Makes sure that this is finished memory, and maps it.
    pub(crate) fn open(&self) -> io::Result<()> {
        if self.map.get().is_some() {
            return Ok(());
        }
        // Refused by anything but a memfd.
        let seals = SealFlag::from_bits_retain(fcntl(&self.file, FcntlArg::F_GET_SEALS)?);
        if !seals.contains(FINISHED) {
            return Err(io::Error::other("shared memory that is not sealed"));
        }
        // After the seals: from there on the length is the length.
        let len = usize::try_from(fstat(&self.file)?.st_size).map_err(io::Error::other)?;
        let map = Map::new(&self.file, len, ProtFlags::PROT_READ)?;
        // Another thread may have been faster.
        let _ = self.map.set(map);
        Ok(())
    }

    /// What it holds.
    ///
    /// # Panics
    ///
    /// If it was never opened.
    pub(crate) fn bytes(&self) -> &[u8] {
        self.map.get().expect("memory is opened before it is read").bytes()
    }

    pub(crate) fn fd(&self) -> BorrowedFd<'_> {
        self.file.as_fd()
    }

    /// Tells one piece of memory from all others that exist at the time, whoever has sent it.
    pub(crate) fn identity(&self) -> io::Result<(u64, u64)> {
        let stat = fstat(&self.file)?;
        Ok((stat.st_dev, stat.st_ino))
    }
}

/// It is the same only as itself.
impl PartialEq for Memory {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self, other)
    }
}

impl Eq for Memory {}

impl fmt::Debug for Memory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Memory").field("file", &self.file).finish()
    }
}

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::io::Write;

    use super::*;

    #[test]
    fn what_is_sealed_is_read_and_never_written_again() {
        let mut draft = Draft::create(5).unwrap();
        draft.bytes_mut().copy_from_slice(b"queen");
        let memory = draft.seal().unwrap();
        let there = Memory::new(memory.file.try_clone().unwrap());
        there.open().unwrap();
        assert_eq!((memory.bytes(), there.bytes()), (&b"queen"[..], &b"queen"[..]));
        assert_eq!(memory.identity().unwrap(), there.identity().unwrap());
        let mut file = File::from(memory.file.try_clone().unwrap());
        assert!(file.write_all(b"x").is_err() && file.set_len(0).is_err());
        assert!(Map::new(&file, 5, ProtFlags::PROT_READ | ProtFlags::PROT_WRITE).is_err());
        assert!(Draft::create(0).unwrap().seal().unwrap().bytes().is_empty());
    }

    #[test]
    fn memory_of_any_size_is_whole_and_zero_and_given_back() {
        let mapped = || std::fs::read_to_string("/proc/self/maps").unwrap().matches("blob").count();
        for len in [1, 4095, 4097, LARGE - 1, LARGE, LARGE + 1, LARGE + HUGE / 2, 5 * HUGE + 5000] {
            let mut draft = Draft::create(len).unwrap();
            assert!(draft.bytes().len() == len && draft.bytes().iter().all(|byte| *byte == 0));
            draft.bytes_mut().fill(3);
            let memory = draft.seal().unwrap();
            assert!(memory.bytes().len() == len && memory.bytes().iter().all(|byte| *byte == 3));
            if len >= LARGE {
                assert_eq!(memory.bytes().as_ptr() as usize % HUGE, 0);
            }
        }
        // Other tests have some as well at the time, but not so many.
        let kept: Vec<_> = (0..100).map(|_| Draft::create(LARGE + 1).unwrap()).collect();
        assert!(mapped() >= 100);
        drop(kept);
        assert!(mapped() < 100);
    }

    #[test]
    fn what_somebody_could_still_change_is_refused() {
        let draft = Draft::create(5).unwrap();
        let halfway = |seals: SealFlag| {
            let file = draft.file.try_clone().unwrap();
            fcntl(&file, FcntlArg::F_ADD_SEALS(seals)).unwrap();
            Memory::new(file).open()
        };
        assert!(halfway(SealFlag::empty()).is_err());
        assert!(halfway(SealFlag::F_SEAL_SHRINK | SealFlag::F_SEAL_GROW).is_err());
        let (end, _) = std::os::unix::net::UnixStream::pair().unwrap();
        for file in [File::open("/proc/self/exe").unwrap().into(), OwnedFd::from(end)] {
            assert!(Memory::new(file).open().is_err());
        }
    }
}
