//! Workers that use more memory than there is, in a control group of their own.
//!
//! Must not meet the machine's own limit: where no group can be made, the scenario is skipped.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use pool_lib::{StartMethod, TaskErrorKind, WorkerExit};

use crate::gate::{Gate, visit};
use crate::{Scenario, double, pool, skipped};

pub(crate) const SCENARIOS: &[Scenario] = &[("oom_kill_named", oom_kill_named)];

/// What the group may have, in bytes.
const LIMIT: u64 = 128 << 20;

/// A control group in which this process is; left and removed when dropped.
struct Group {
    folder: PathBuf,
    before: PathBuf,
}

impl Group {
    /// Below the group of this process, or the closest one above it below which there may be groups.
    fn enter() -> Option<Self> {
        let own = fs::read_to_string("/proc/self/cgroup").unwrap();
        let groups = own.lines().filter_map(|line| line.split_once(':')?.1.split_once(':'));
        groups.into_iter().find_map(|(controllers, path)| {
            let (root, files) = match controllers {
                "memory" => ("/sys/fs/cgroup/memory", Self::SEPARATE),
                "" => ("/sys/fs/cgroup", Self::UNIFIED),
                _ => return None,
            };
            let before = Path::new(root).join(path.trim_start_matches('/'));
            let above = before.ancestors().take_while(|folder| folder.starts_with(root));
            above.into_iter().find_map(|folder| Self::make(folder, &before, files).ok())
        })
    }

    /// Files and what to write into them; without swap, or the limit would only be slow.
    const SEPARATE: [(&str, u64); 2] =
        [("memory.limit_in_bytes", LIMIT), ("memory.memsw.limit_in_bytes", LIMIT)];
    const UNIFIED: [(&str, u64); 2] = [("memory.max", LIMIT), ("memory.swap.max", 0)];

    fn make(folder: &Path, before: &Path, [limit, swap]: [(&str, u64); 2]) -> io::Result<Self> {
        let folder = folder.join(format!("pool-lib-test-{}", std::process::id()));
        fs::create_dir(&folder)?;
        let group = Self { folder, before: before.to_owned() };
        let exists = |name: &str| group.folder.join(name).exists();
        // Without the controller the files are missing, and these would be made as plain ones elsewhere.
        if !exists(limit.0) || !exists("cgroup.procs") {
            return Err(io::ErrorKind::NotFound.into());
        }
        fs::write(group.folder.join(limit.0), limit.1.to_string())?;
        if exists(swap.0) {
            fs::write(group.folder.join(swap.0), swap.1.to_string())?;
        }
        fs::write(group.folder.join("cgroup.procs"), std::process::id().to_string())?;
        Ok(group)
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        let left = fs::write(self.before.join("cgroup.procs"), std::process::id().to_string());
        let removed = fs::remove_dir(&self.folder);
        if !std::thread::panicking() {
            // Where it was never entered, leaving it changes nothing.
            left.and(removed).unwrap();
        }
    }
}

/// In a task: uses more than there is.
fn greedy(_: u64) -> u64 {
    let mut taken = Vec::new();
    loop {
        taken.push(vec![1_u8; 8 << 20]);
        std::hint::black_box(&taken);
    }
}

fn oom_kill_named(method: StartMethod) {
    let Some(group) = Group::enter() else {
        return skipped("no control group can be made here that limits memory");
    };
    let pool = pool(method, 1);
    for _ in 0..3 {
        let error = pool.apply(greedy, 1).unwrap_err();
        assert_eq!(error.kind(), &TaskErrorKind::WorkerDied(WorkerExit::OutOfMemory));
        assert!(error.to_string().contains("out-of-memory killer"), "{error}");
        // A kill that somebody sent is nothing else.
        let gate = Gate::new();
        let handle = pool.apply_async(|gate: String| visit(&gate, 1), gate.name());
        kill(Pid::from_raw(gate.accept().pid as i32), Signal::SIGKILL).unwrap();
        let error = handle.wait().unwrap_err();
        assert_eq!(error.kind(), &TaskErrorKind::WorkerDied(WorkerExit::Signal(9)));
        assert_eq!(pool.apply(double, 4).unwrap(), 8);
    }
    drop(pool);
    drop(group);
}
