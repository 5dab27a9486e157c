//! Runs one competitor on one piece of work, within a deadline, and leaves no process of it.
//!
//! This process is the reaper of whatever its children leave behind, so it can end all of it by numbers that cannot be
//! taken by others meanwhile. Must not know what the figures mean.

use std::fs::File;
use std::io::{Read, Seek};
use std::os::fd::AsFd;
use std::os::unix::process::CommandExt;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::memfd::{MFdFlags, memfd_create};
use nix::sys::prctl::{set_child_subreaper, set_pdeathsig};
use nix::sys::signal::{Signal, kill};
use nix::sys::wait::waitpid;
use nix::unistd::Pid;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};

use crate::proc;

/// How a run ended.
pub(crate) enum Ended {
    /// With these figures.
    Done(Vec<(String, f64)>),
    /// The competitor has no means for such work.
    Unsupported,
    /// It was killed at its deadline.
    Late,
    /// It ended without figures; the last line that it wrote to stderr before a backtrace.
    Failed(String),
    Interrupted,
}

/// Starts competitors, one at a time.
pub(crate) struct Runner {
    interrupted: Arc<AtomicBool>,
    deadline: Duration,
    idle: Duration,
}

impl Runner {
    pub(crate) fn new(deadline: Duration, idle: Duration) -> Result<Self> {
        set_child_subreaper(true).context("cannot become the reaper of orphans")?;
        let interrupted = Arc::new(AtomicBool::new(false));
        for signal in [SIGINT, SIGTERM, SIGHUP] {
            signal_hook::flag::register(signal, interrupted.clone())?;
        }
        Ok(Self { interrupted, deadline, idle })
    }

    pub(crate) fn run(&self, mut command: Command) -> Result<Ended> {
        // In memory, so that nobody waits for a reader.
        let mut said = File::from(memfd_create("stderr", MFdFlags::MFD_CLOEXEC)?);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(said.try_clone()?);
        // Out of the reach of Ctrl-C, of which pools make different things: it is this program that ends them.
        command.process_group(0);
        let own = std::process::id();
        // SAFETY: two system calls that are safe between fork and exec.
        unsafe {
            command.pre_exec(move || {
                set_pdeathsig(Signal::SIGKILL)?;
                // The parent may have died before that was armed.
                if std::os::unix::process::parent_id() != own {
                    return Err(std::io::ErrorKind::Interrupted.into());
                }
                Ok(())
            });
        }
        let mut child = command.spawn().context("a competitor cannot be started")?;
        let ended = self.listen(&mut child);
        end_all(&mut child);
        let ended = ended?;
        if let Ended::Failed(_) = ended {
            let mut text = String::new();
            said.rewind()?;
            said.read_to_string(&mut text)?;
            let before_trace = text.split("stack backtrace:").next().unwrap_or_default();
            let last = before_trace.lines().rev().find(|line| !line.trim().is_empty());
            return Ok(Ended::Failed(last.unwrap_or("no figures").to_owned()));
        }
        Ok(ended)
    }

    /// Reads figures until the competitor says that it is done, or ends, or its time is over.
    fn listen(&self, child: &mut Child) -> Result<Ended> {
        let began = Instant::now();
        let mut stdout = child.stdout.take().context("stdout is piped")?;
        let mut text = String::new();
        let mut looked_at = None;
        loop {
            // Before reading: what a process wrote before it ended is there to be read.
            let over = child.try_wait()?.is_some();
            while readable(&stdout, if over { Duration::ZERO } else { TICK })? {
                let mut piece = [0; 4096];
                let read = stdout.read(&mut piece)?;
                if read == 0 {
                    return Ok(figures(&text, looked_at));
                }
                text.push_str(&String::from_utf8_lossy(&piece[..read]));
                if text.ends_with("ready\n") && looked_at.is_none() {
                    looked_at = Some(self.look_at(child.id()));
                    drop(child.stdin.take());
                }
                if text.lines().any(|line| line == "end") {
                    return Ok(figures(&text, looked_at));
                }
            }
            if self.interrupted.load(Relaxed) {
                return Ok(Ended::Interrupted);
            }
            if over {
                return Ok(figures(&text, looked_at));
            }
            if began.elapsed() > self.deadline {
                return Ok(Ended::Late);
            }
        }
    }

    /// What an idle pool costs, seen from outside.
    fn look_at(&self, pid: u32) -> Vec<(String, f64)> {
        // What it still has to do after its last task.
        self.pause(Duration::from_millis(300));
        let tree = proc::tree(pid);
        let (before, began) = (proc::used(&tree), Instant::now());
        self.pause(self.idle);
        let (after, seconds) = (proc::used(&tree), began.elapsed().as_secs_f64());
        let below: u64 = tree[1..].iter().map(|pid| proc::pss(*pid)).sum();
        vec![
            ("below".to_owned(), below as f64),
            ("cpu".to_owned(), (after.cpu_ns - before.cpu_ns) as f64 / seconds),
            ("switches".to_owned(), (after.switches - before.switches) as f64 / seconds),
        ]
    }

    fn pause(&self, length: Duration) {
        let until = Instant::now() + length;
        while Instant::now() < until && !self.interrupted.load(Relaxed) {
            thread::sleep(TICK.min(until.saturating_duration_since(Instant::now())));
        }
    }
}

/// How often to look whether to stop.
const TICK: Duration = Duration::from_millis(50);

fn readable(stdout: &ChildStdout, wait: Duration) -> Result<bool> {
    let timeout = PollTimeout::try_from(wait.as_millis())?;
    match poll(&mut [PollFd::new(stdout.as_fd(), PollFlags::POLLIN)], timeout) {
        Ok(ready) => Ok(ready > 0),
        Err(nix::errno::Errno::EINTR) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

fn figures(text: &str, looked_at: Option<Vec<(String, f64)>>) -> Ended {
    if text.lines().any(|line| line == "unsupported") {
        return Ended::Unsupported;
    }
    let line = |line: &str| {
        let (metric, value) = line.split_once(' ')?;
        Some((metric.to_owned(), value.parse().ok()?))
    };
    let mut found: Vec<_> = text.lines().filter_map(line).collect();
    found.extend(looked_at.into_iter().flatten());
    if found.is_empty() { Ended::Failed(String::new()) } else { Ended::Done(found) }
}

/// Ends a competitor and all that it started. Those below it become our own children as those above them are reaped, so
/// no number can have passed to a stranger.
fn end_all(child: &mut Child) {
    // An error means that it has ended.
    let _ = child.kill();
    let _ = child.wait();
    loop {
        let left = proc::children(std::process::id());
        if left.is_empty() {
            return;
        }
        for (pid, _) in left {
            let pid = Pid::from_raw(pid as i32);
            let _ = kill(pid, Signal::SIGKILL);
            let _ = waitpid(pid, None);
        }
    }
}
