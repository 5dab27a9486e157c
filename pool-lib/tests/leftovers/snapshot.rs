//! What a process holds that others can see: children, threads, descriptors, mappings, signals, files.
//!
//! Must not know pools: it compares two moments.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::thread;

use nix::errno::Errno;
use nix::sys::wait::{Id, WaitPidFlag, waitid};

/// Runs `what`, and asserts that it leaves the process as it found it.
pub(crate) fn leaves_nothing(what: impl FnOnce()) {
    let threads = threads();
    // With the first thread of a program, the C library takes a signal into use.
    thread::spawn(|| {}).join().unwrap();
    wait_for_threads(threads);
    let before = Snapshot::take();
    what();
    assert_no_child();
    wait_for_threads(threads);
    let after = Snapshot::take();
    assert_eq!(after.descriptors, before.descriptors);
    assert_eq!(after.mappings, before.mappings);
    assert_eq!(after.signals, before.signals);
    assert_eq!(after.files, before.files);
}

/// A thread that was joined is listed until the kernel has cleared it away; one that runs on is
/// waited for in vain.
fn wait_for_threads(count: usize) {
    while threads() != count {
        thread::yield_now();
    }
}

fn threads() -> usize {
    entries("/proc/self/task").len()
}

/// Neither one that runs, nor one that nobody has reaped.
pub(crate) fn assert_no_child() {
    let look_only = WaitPidFlag::WEXITED | WaitPidFlag::WNOHANG | WaitPidFlag::WNOWAIT;
    let child = waitid(Id::All, look_only);
    assert_eq!(child, Err(Errno::ECHILD), "children are left: {:?}", children());
}

/// The processes whose parent is this one.
pub(crate) fn children() -> BTreeSet<u32> {
    let own = std::process::id().to_string();
    let processes = entries("/proc").into_iter().filter_map(|path| {
        // One that ends while it is looked at is not counted.
        let stat = fs::read_to_string(path.join("stat")).ok()?;
        // Behind the name, which may contain anything: the state, the parent.
        let parent = stat.rsplit_once(')')?.1.split_whitespace().nth(1)?;
        (parent == own).then(|| path.file_name()?.to_str()?.parse().ok())?
    });
    processes.collect()
}

struct Snapshot {
    descriptors: BTreeMap<PathBuf, PathBuf>,
    /// Those of files, and those that are shared; what the allocator keeps is its own affair.
    mappings: Vec<String>,
    /// Blocked, ignored, caught.
    signals: Vec<String>,
    /// Where a program would put what is temporary.
    files: BTreeSet<PathBuf>,
}

impl Snapshot {
    fn take() -> Self {
        let open = |path: PathBuf| Some((path.clone(), fs::read_link(path).ok()?));
        let descriptors = entries("/proc/self/fd").into_iter().filter_map(open);
        let read = |path: &str| fs::read_to_string(path).unwrap();
        let lines = |text: String, keep: fn(&str) -> bool| {
            text.lines().filter(|line| keep(line)).map(str::to_owned).collect()
        };
        Self {
            // Without the folder that lists them.
            descriptors: descriptors.filter(|(_, target)| !target.ends_with("fd")).collect(),
            mappings: lines(read("/proc/self/maps"), |line| {
                let shared = line.split_whitespace().nth(1).is_some_and(|how| how.ends_with('s'));
                shared || line.contains('/')
            }),
            signals: lines(read("/proc/thread-self/status"), |line| {
                ["SigBlk", "SigIgn", "SigCgt"].iter().any(|name| line.starts_with(name))
            }),
            files: entries(std::env::temp_dir()),
        }
    }
}

fn entries(folder: impl AsRef<Path>) -> BTreeSet<PathBuf> {
    fs::read_dir(folder).unwrap().filter_map(|entry| Some(entry.ok()?.path())).collect()
}
