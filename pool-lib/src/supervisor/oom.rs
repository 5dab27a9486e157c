//! Whether the kernel killed for want of memory: its own count of such kills, in the control group (cgroup)
//! that this process and its workers are in.
//!
//! The count says how many, not whom. So it is looked at often enough to know *when* it grew, and explains
//! only a kill that nobody here sent, at that time, and only one for each step that it grew. Where it was not
//! looked at in time nothing is claimed.
//!
//! Must not guess: what is not counted was not the out-of-memory killer.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How often the count is looked at while workers work. A look costs some microseconds.
const PAUSE: Duration = Duration::from_secs(1);
/// How long before a worker's end the count may have grown for it: a large process takes a while to die.
const REACH: Duration = Duration::from_secs(3);

/// Keeps an eye on the count.
pub(super) struct OomWatch {
    /// Where the count is; `None` where there is none.
    file: Option<PathBuf>,
    /// The last looks, the older one first. Kills that have been explained are taken off.
    looks: [Option<Look>; 2],
}

#[derive(Clone, Copy)]
struct Look {
    at: Duration,
    count: u64,
}

impl OomWatch {
    /// Looks at the control group of this process.
    pub(super) fn of_this_process() -> Self {
        let read = |path| fs::read_to_string(path).unwrap_or_default();
        Self::at(find(&read("/proc/self/cgroup"), &read("/proc/self/mountinfo")))
    }

    fn at(file: Option<PathBuf>) -> Self {
        Self { file, looks: [None; 2] }
    }

    /// When it is time to look; `None` where there is nothing to see.
    pub(super) fn next(&self) -> Option<Duration> {
        self.file.as_ref()?;
        Some(self.looks[1].map_or(Duration::ZERO, |last| last.at + PAUSE))
    }

    /// Looks, if it is time.
    pub(super) fn look(&mut self, now: Duration) {
        if self.next().is_some_and(|next| next <= now)
            && let Some(count) = self.count()
        {
            self.looks = [self.looks[1], Some(Look { at: now, count })];
        }
    }

    /// Whether a worker that has just been found killed was killed for want of memory.
    pub(super) fn explains_a_kill(&mut self, now: Duration) -> bool {
        let Some(count) = self.count() else { return false };
        let known = self.looks.iter().flatten().find(|look| look.at + REACH >= now);
        let grown = known.is_some_and(|look| look.count < count);
        if grown {
            for look in self.looks.iter_mut().flatten() {
                look.count = (look.count + 1).min(count);
            }
        }
        grown
    }

    fn count(&self) -> Option<u64> {
        let text = fs::read_to_string(self.file.as_ref()?).ok()?;
        text.lines().find_map(|line| line.strip_prefix("oom_kill ")?.trim().parse().ok())
    }
}

/// The file with the count, by what `/proc/self` says of groups and mounts. In the unified hierarchy
/// (version 2) a group may have two, of which the one without other groups below is closer to the truth.
fn find(groups: &str, mounts: &str) -> Option<PathBuf> {
    let file = |folder: PathBuf, names: &[&str]| {
        names.iter().map(|name| folder.join(name)).find(|file| file.exists())
    };
    let unified = groups.lines().find_map(|line| line.strip_prefix("0::"));
    let unified = unified.and_then(|path| folder(path, mounts, "cgroup2", None));
    let separate = groups.lines().find_map(|line| {
        let (controllers, path) = line.split_once(':')?.1.split_once(':')?;
        controllers.split(',').any(|one| one == "memory").then_some(path)
    });
    let separate = separate.and_then(|path| folder(path, mounts, "cgroup", Some("memory")));
    unified
        .and_then(|folder| file(folder, &["memory.events.local", "memory.events"]))
        .or_else(|| separate.and_then(|folder| file(folder, &["memory.oom_control"])))
}

/// Where the group `path` is in the file system. A line of `mountinfo` holds: two numbers, a device, the
/// part that is mounted, where, options, optional fields, a dash, the type, the source, options.
fn folder(path: &str, mounts: &str, kind: &str, option: Option<&str>) -> Option<PathBuf> {
    mounts.lines().find_map(|line| {
        let (mount, system) = line.split_once(" - ")?;
        let mut mount = mount.split(' ').skip(3);
        let (root, place) = (mount.next()?, mount.next()?);
        let mut system = system.split(' ');
        let is_kind = system.next()? == kind;
        let options = system.nth(1)?;
        let has_option = option.is_none_or(|option| options.split(',').any(|one| one == option));
        let below = Path::new(path).strip_prefix(root).ok()?;
        (is_kind && has_option).then(|| Path::new(place).join(below))
    })
}

#[cfg(test)]
mod tests {
    use std::env;

    use super::*;

    /// A folder that looks like a control group; gone when dropped.
    struct Group(PathBuf);

    impl Group {
        fn new(name: &str) -> Self {
            let folder =
                env::temp_dir().join(format!("pool-lib-group-{}-{name}", std::process::id()));
            fs::create_dir_all(folder.join("ours")).unwrap();
            Self(folder)
        }

        fn write(&self, file: &str, kills: u64) {
            let text = format!("low 0\nmax 12\noom {kills}\noom_kill {kills}\noom_group_kill 0\n");
            fs::write(self.0.join("ours").join(file), text).unwrap();
        }

        fn watch(&self, file: &str) -> OomWatch {
            OomWatch::at(Some(self.0.join("ours").join(file)))
        }
    }

    impl Drop for Group {
        fn drop(&mut self) {
            fs::remove_dir_all(&self.0).unwrap();
        }
    }

    fn after(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn each_step_of_the_count_explains_one_kill() {
        let group = Group::new("steps");
        group.write("memory.events", 5);
        let mut watch = group.watch("memory.events");
        assert!(!watch.explains_a_kill(after(0)), "nothing is known from before the first look");
        watch.look(after(0));
        assert!(!watch.explains_a_kill(after(1)));
        group.write("memory.events", 7);
        assert_eq!([(); 3].map(|()| watch.explains_a_kill(after(1))), [true, true, false]);
        // Seen to have grown before the worker is seen to have ended.
        group.write("memory.events", 8);
        watch.look(after(2));
        assert_eq!([(); 2].map(|()| watch.explains_a_kill(after(2))), [true, false]);
    }

    #[test]
    fn a_count_that_grew_long_ago_or_at_an_unknown_time_explains_nothing() {
        let group = Group::new("ages");
        group.write("memory.events", 0);
        let mut watch = group.watch("memory.events");
        watch.look(after(0));
        group.write("memory.events", 1);
        (1..4).for_each(|second| watch.look(after(second)));
        assert!(!watch.explains_a_kill(after(4)), "it was somebody else, seconds ago");
        group.write("memory.events", 2);
        assert!(!watch.explains_a_kill(after(60)), "nobody looked for a minute");
        fs::remove_file(group.0.join("ours/memory.events")).unwrap();
        assert!(!watch.explains_a_kill(after(60)));
    }

    #[test]
    fn the_count_is_found_in_both_hierarchies() {
        let group = Group::new("places");
        let place = group.0.to_str().unwrap();
        let unified = format!(
            "31 23 0:28 / /proc rw - proc proc rw\n41 31 0:38 / {place} rw,relatime - cgroup2 cgroup2 rw\n"
        );
        assert_eq!(find("0::/ours\n", &unified), None, "there is no count");
        group.write("memory.events", 0);
        let found = |name: &str| Some(group.0.join("ours").join(name));
        assert_eq!(find("0::/ours\n", &unified), found("memory.events"));
        group.write("memory.events.local", 0);
        assert_eq!(find("0::/ours\n", &unified), found("memory.events.local"));
        assert_eq!(find("0::/others\n", &unified), None);
        // A container sees its own group mounted, under the name that it has outside.
        let inside =
            unified.replace(" / /", " /docker/abc /").replace("/docker/abc /proc", "/ /proc");
        assert_eq!(find("0::/docker/abc/ours\n", &inside), found("memory.events.local"));
        group.write("memory.oom_control", 0);
        let groups = "5:cpu,cpuacct:/elsewhere\n4:memory:/ours\n0::/\n";
        let separate = format!(
            "34 31 0:31 / /nowhere rw - cgroup cgroup rw,cpuset\n35 31 0:32 / {place} rw,relatime shared:9 - cgroup cgroup rw,memory\n"
        );
        assert_eq!(find(groups, &separate), found("memory.oom_control"));
        assert_eq!(find("", ""), None);
    }
}
