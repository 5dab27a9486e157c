//! How much memory this process has to itself.
//!
//! Must not know how much would be too much.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::FileExt;

use nix::unistd::{SysconfVar, sysconf};

/// Looks at the memory of the process that made it.
pub(crate) struct MemoryGauge {
    statm: File,
    page: u64,
}

impl MemoryGauge {
    pub(crate) fn new() -> io::Result<Self> {
        let page = sysconf(SysconfVar::PAGE_SIZE)?.and_then(|size| u64::try_from(size).ok());
        Ok(Self { statm: File::open("/proc/self/statm")?, page: page.unwrap_or(4096) })
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

/// Resident memory that only this process has and that has been written to, in bytes. The kernel walks
/// all of it to find out: about a millisecond for each hundred MiB.
pub(crate) fn own() -> Option<u64> {
    let text = fs::read_to_string("/proc/self/smaps_rollup").ok()?;
    private_dirty(&text)
}

fn private_dirty(rollup: &str) -> Option<u64> {
    let line = rollup.lines().find_map(|line| line.strip_prefix("Private_Dirty:"))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib * 1024)
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
        let written = vec![1_u8; size];
        let (most, exact) = (gauge.at_most().unwrap(), own().unwrap());
        assert!(most > before + size as u64 / 2, "{before} {most}");
        assert!(exact > size as u64, "{exact}");
        assert!(most.abs_diff(exact) < size as u64 / 2, "{most} {exact}");
        drop(written);
    }

    #[test]
    fn what_is_no_rollup_is_not_taken_for_one() {
        assert_eq!(private_dirty("Rss: 5 kB\nPrivate_Dirty:      12 kB\n"), Some(12 << 10));
        for wrong in ["", "Private_Dirty: 12", "Private_Dirty: x kB", "Private_Clean: 1 kB"] {
            assert_eq!(private_dirty(wrong), None, "{wrong}");
        }
    }
}
