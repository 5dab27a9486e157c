//! What this process may use of the machine: on which cores it may be run, and for how much of the time.
//!
//! Must not know how many cores there are, or what a pool makes of it.

use std::fs;
use std::path::Path;

use nix::sched::{CpuSet, sched_getaffinity};
use nix::unistd::Pid;

/// On how many cores the kernel may run this process.
pub(crate) fn affinity() -> nix::Result<usize> {
    let allowed = sched_getaffinity(Pid::from_raw(0))?;
    Ok((0..CpuSet::count()).filter(|core| allowed.is_set(*core).unwrap_or(false)).count())
}

/// How many cores' worth of time the control groups around this process grant it, if any of them counts.
pub(crate) fn quota() -> Option<f64> {
    let groups = fs::read_to_string("/proc/self/cgroup").ok()?;
    let quotas = groups.lines().filter_map(|line| {
        let [_, controllers, path] = line.splitn(3, ':').collect::<Vec<_>>().try_into().ok()?;
        let (root, read): (_, fn(&Path) -> Option<f64>) = match controllers {
            "" => ("/sys/fs/cgroup".to_owned(), unified),
            _ if controllers.split(',').any(|name| name == "cpu") => {
                (format!("/sys/fs/cgroup/{controllers}"), separate)
            }
            _ => return None,
        };
        // A group may use no more than any group around it.
        let inside = Path::new(path.trim_start_matches('/'));
        let around = inside.ancestors().filter_map(|group| read(&Path::new(&root).join(group)));
        around.min_by(f64::total_cmp)
    });
    quotas.min_by(f64::total_cmp)
}

/// Version 2: `cpu.max` holds "150000 100000" (microseconds in a period) or "max 100000".
fn unified(group: &Path) -> Option<f64> {
    let text = fs::read_to_string(group.join("cpu.max")).ok()?;
    let (quota, period) = text.trim().split_once(' ')?;
    Some(quota.parse::<f64>().ok()? / period.parse::<f64>().ok()?)
}

/// Version 1: two files, and a negative quota means none.
fn separate(group: &Path) -> Option<f64> {
    let number = |name: &str| fs::read_to_string(group.join(name)).ok()?.trim().parse::<f64>().ok();
    let quota = number("cpu.cfs_quota_us").filter(|quota| *quota > 0.0)?;
    Some(quota / number("cpu.cfs_period_us")?)
}
