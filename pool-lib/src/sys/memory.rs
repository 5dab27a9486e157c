//! How much memory this process has to itself, and how the kernel shall give it some.
//!
//! Must not know how much would be too much.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::FileExt;
use std::ptr::NonNull;

use nix::sys::mman::{MmapAdvise, madvise};
use nix::unistd::{SysconfVar, sysconf};

use super::standard::kept_clear;

/// Looks at the memory of the process that made it.
pub(crate) struct MemoryGauge {
    statm: File,
    page: u64,
}

impl MemoryGauge {
    pub(crate) fn new() -> io::Result<Self> {
        let page = sysconf(SysconfVar::PAGE_SIZE)?.and_then(|size| u64::try_from(size).ok());
        Ok(Self {
            statm: kept_clear(File::open("/proc/self/statm")?)?.into(),
            page: page.unwrap_or(4096),
        })
    }

    /// Resident memory that belongs to no file and is not shared on purpose, in bytes. Pages that a fork
    /// left in common are counted, so this is never less than [`own`]. Costs about two microseconds.
    pub(crate) fn at_most(&self) -> Option<u64> {
        let mut text = [0; 128];
        let len = self.statm.read_at(&mut text, 0).ok()?;
        let mut words = std::str::from_utf8(&text[..len]).ok()?.split_whitespace().skip(1);
        let (resident, shared) = (words.next()?.parse::<u64>().ok()?, words.next()?.parse().ok()?);
        Some(resident.saturating_sub(shared) * self.page)
    }
}

/// A buffer of this size, in bytes, is worth advice about its pages.
pub(super) const LARGE: usize = 4 << 20;
/// The size of a huge page on most machines, in bytes. Elsewhere the advice covers a little less.
pub(super) const HUGE: usize = 2 << 20;

/// Asks the kernel to give huge pages to memory that is about to be written for the first time: one fault then stands for
/// 512, which take 2.5 to 3 microseconds each. Does nothing for small memory, or where the kernel has none to give. Only
/// whole huge pages inside are meant, so no memory is taken beyond `room`.
pub(crate) fn prefer_huge_pages<T>(room: &mut [T]) {
    let len = size_of_val(room);
    if len < LARGE {
        return;
    }
    let place = NonNull::from(room).cast::<u8>();
    let before = place.addr().get().next_multiple_of(HUGE) - place.addr().get();
    let len = (len - before) / HUGE * HUGE;
    // SAFETY: the sum is inside `room`, which is longer than a huge page.
    let inner = unsafe { place.add(before) };
    // SAFETY: this advice changes no byte and no permission of the memory, which is ours alone.
    let advised = unsafe { madvise(inner.cast(), len, MmapAdvise::MADV_HUGEPAGE) };
    // A kernel without huge pages refuses, and then the memory is what it would have been.
    let _ = advised;
}

/// Resident memory that only this process has and that has been written to, in bytes; memory that is shared on purpose
/// is not among it, whoever looks at it now. The kernel walks all of it to find out: about a millisecond for each
/// hundred MiB.
pub(crate) fn own() -> Option<u64> {
    let text = fs::read_to_string("/proc/self/smaps_rollup").ok()?;
    private_dirty(&text)
}

fn private_dirty(rollup: &str) -> Option<u64> {
    let bytes = |name: &str| {
        let line = rollup.lines().find_map(|line| line.strip_prefix(name))?;
        let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
        Some(kib * 1024)
    };
    // A blob that only this process looks at is private in the eyes of the kernel. Before Linux 5.4 it did not say how
    // much there is of that.
    Some(bytes("Private_Dirty:")?.saturating_sub(bytes("Pss_Shmem:").unwrap_or(0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_measures_see_what_is_written_to_and_agree() {
        let gauge = MemoryGauge::new().unwrap();
        // Other tests of this process have memory of their own meanwhile: hence so much, and the room.
        let size = 256 << 20;
        let before = gauge.at_most().unwrap();
        // Without the box nobody would see it, and an optimizer would leave it out.
        let written = std::hint::black_box(vec![1_u8; size]);
        let (most, exact) = (gauge.at_most().unwrap(), own().unwrap());
        assert!(most > before + size as u64 / 2, "{before} {most}");
        assert!(exact > size as u64, "{exact}");
        assert!(most.abs_diff(exact) < size as u64 / 2, "{most} {exact}");
        drop(written);
    }

    #[test]
    fn what_is_no_rollup_is_not_taken_for_one() {
        assert_eq!(private_dirty("Rss: 5 kB\nPrivate_Dirty:      12 kB\n"), Some(12 << 10));
        let shared = "Pss_Shmem:         4 kB\nPrivate_Dirty:      12 kB\n";
        assert_eq!(private_dirty(shared), Some(8 << 10));
        for wrong in ["", "Private_Dirty: 12", "Private_Dirty: x kB", "Private_Clean: 1 kB"] {
            assert_eq!(private_dirty(wrong), None, "{wrong}");
        }
    }
}
