//! What this process holds, before a pool and after it.
//!
//! Must not know pools: it compares two moments.

use std::collections::BTreeMap;
use std::fs;
use std::thread;
use std::time::{Duration, Instant};

use crate::havoc::children;
use crate::report::{Left, Report};

/// A thread that was joined is listed until the kernel has cleared it away; one that runs on is waited for in vain.
const THREAD_LIMIT: Duration = Duration::from_secs(2);

pub(crate) struct Holdings {
    descriptors: BTreeMap<String, u64>,
    /// Those of files, and those that are shared; what the allocator keeps is its own affair.
    maps: BTreeMap<String, u64>,
    threads: usize,
}

impl Holdings {
    pub(crate) fn take() -> Self {
        let links = fs::read_dir("/proc/self/fd").expect("/proc").flatten();
        let targets = links.filter_map(|link| fs::read_link(link.path()).ok());
        let targets = targets.map(|target| target.to_string_lossy().into_owned());
        let maps = fs::read_to_string("/proc/self/maps").expect("/proc");
        let kept = maps.lines().filter(|line| {
            line.contains('/')
                || line.split_whitespace().nth(1).is_some_and(|how| how.ends_with('s'))
        });
        Self {
            // Without the folder that lists them.
            descriptors: count(targets.filter(|target| !target.ends_with("/fd"))),
            maps: count(kept.map(str::to_owned)),
            threads: threads(),
        }
    }

    /// Reports what there is now and was not then.
    pub(crate) fn compare(&self, report: &Report) {
        let until = Instant::now() + THREAD_LIMIT;
        while threads() > self.threads && Instant::now() < until {
            thread::yield_now();
        }
        let (zombies, living): (Vec<_>, Vec<_>) =
            children().into_iter().partition(|(_, state)| *state == 'Z');
        let now = Holdings::take();
        report.left(Left::Children, living.len() as u64, &format!("{living:?}"));
        report.left(Left::Zombies, zombies.len() as u64, &format!("{zombies:?}"));
        for (what, now, then) in [
            (Left::Descriptors, &now.descriptors, &self.descriptors),
            (Left::Maps, &now.maps, &self.maps),
        ] {
            for (which, count) in now {
                let more = count.saturating_sub(then.get(which).copied().unwrap_or(0));
                report.left(what, more, which);
            }
        }
        report.left(Left::Threads, now.threads.saturating_sub(self.threads) as u64, "running");
    }
}

fn threads() -> usize {
    fs::read_dir("/proc/self/task").expect("/proc").count()
}

fn count(names: impl Iterator<Item = String>) -> BTreeMap<String, u64> {
    let mut counts = BTreeMap::new();
    names.for_each(|name| *counts.entry(name).or_default() += 1);
    counts
}
