//! What `/proc` says of processes: children, memory, time on a processor, context switches.
//!
//! Must not know why one asks.

use std::fs;
use std::path::PathBuf;

/// All processes as (pid, parent's pid, state).
fn all() -> Vec<(u32, u32, char)> {
    let Ok(entries) = fs::read_dir("/proc") else { return Vec::new() };
    let pids = entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse::<u32>().ok());
    // "pid (name) state ppid …"; a name may hold parentheses.
    pids.filter_map(|pid| {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        let mut rest = stat.rsplit_once(')')?.1.split_whitespace();
        let state = rest.next()?.chars().next()?;
        Some((pid, rest.next()?.parse().ok()?, state))
    })
    .collect()
}

/// The children of a process, and whether each has not ended yet.
pub(crate) fn children(parent: u32) -> Vec<(u32, bool)> {
    let of_parent = all().into_iter().filter(|(_, ppid, _)| *ppid == parent);
    of_parent.map(|(pid, _, state)| (pid, !matches!(state, 'Z' | 'X'))).collect()
}

/// A process and all below it, itself first.
pub(crate) fn tree(root: u32) -> Vec<u32> {
    let all = all();
    let mut found = vec![root];
    let mut next = 0;
    while next < found.len() {
        let parent = found[next];
        found.extend(all.iter().filter(|(_, ppid, _)| *ppid == parent).map(|(pid, ..)| *pid));
        next += 1;
    }
    found
}

/// Memory of a process, shared pages by halves, thirds and so on; in bytes.
pub(crate) fn pss(pid: u32) -> u64 {
    let rollup = fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).unwrap_or_default();
    let line = rollup.lines().find_map(|line| line.strip_prefix("Pss:"));
    line.and_then(|rest| rest.split_whitespace().next()?.parse::<u64>().ok()).unwrap_or(0) * 1024
}

/// What the threads of some processes have used so far.
#[derive(Clone, Copy, Default)]
pub(crate) struct Used {
    pub(crate) cpu_ns: u64,
    pub(crate) switches: u64,
}

pub(crate) fn used(pids: &[u32]) -> Used {
    let mut sum = Used::default();
    for thread in pids.iter().flat_map(|pid| threads(*pid)) {
        let time = fs::read_to_string(thread.join("schedstat")).unwrap_or_default();
        sum.cpu_ns += time.split(' ').next().and_then(|ns| ns.parse::<u64>().ok()).unwrap_or(0);
        let status = fs::read_to_string(thread.join("status")).unwrap_or_default();
        let lines = status.lines().filter(|line| line.contains("voluntary_ctxt_switches"));
        sum.switches +=
            lines.filter_map(|line| line.rsplit('\t').next()?.parse::<u64>().ok()).sum::<u64>();
    }
    sum
}

fn threads(pid: u32) -> Vec<PathBuf> {
    let entries = fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten();
    entries.filter_map(|entry| Some(entry.ok()?.path())).collect()
}
