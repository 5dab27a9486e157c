//! The cores that this program and all that it starts may use.
//!
//! Must not know what is computed on them, or by how many processes.

use std::io;

use nix::sched::{CpuSet, sched_getaffinity, sched_setaffinity};
use nix::unistd::Pid;

/// Gives back all but the first `wanted` cores, for this process and whatever it starts from now on, and says how many are left.
/// It is what `taskset` does, and what many a container does to its tenant.
pub(crate) fn keep(wanted: usize) -> io::Result<usize> {
    let (this, mut kept) = (Pid::from_raw(0), CpuSet::new());
    let allowed = sched_getaffinity(this)?;
    let all = 0..CpuSet::count();
    let first = all.filter(|core| allowed.is_set(*core).unwrap_or(false)).take(wanted);
    let mut count = 0;
    for core in first {
        kept.set(core)?;
        count += 1;
    }
    sched_setaffinity(this, &kept)?;
    Ok(count)
}
