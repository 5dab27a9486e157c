//! Runs a program in a process group of its own, with a deadline, and leaves nothing of it behind.
//!
//! Streams go to files and not to pipes: a pipe stays open as long as any descendant lives, so reading one to its end can hang.
//! A process that left the group is still found: descendants inherit an environment variable that marks the run.
//!
//! Must not know: what is run, and what for.

use std::ffi::OsStr;
use std::fmt;
use std::fs::File;
use std::io::{Read, Seek};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use nix::sys::signal::{Signal, kill, killpg};
use nix::sys::wait::{Id, WaitPidFlag, waitid};
use nix::unistd::Pid;
use serde::{Deserialize, Serialize};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

/// The variable that marks all descendants of a run.
const MARK: &str = "BOOK_TOOL_RUN";
/// How long descendants may take to vanish after the program itself has ended.
const GRACE: Duration = Duration::from_secs(3);
/// How often a running program is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// Process groups that run now; `None` once this program is about to end, so that nothing new starts.
static RUNNING: Mutex<Option<Vec<Pid>>> = Mutex::new(Some(Vec::new()));

/// What a program may take.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    /// From its start to its end.
    pub(crate) deadline: Duration,
    /// On each of its two streams.
    pub(crate) output_bytes_max: u64,
}

/// How a program ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Exit {
    /// By itself, with this status.
    Code(i32),
    /// By this signal.
    Signal(i32),
    /// Not at all: it was stopped at its deadline.
    Stopped,
}

impl fmt::Display for Exit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Code(code) => write!(f, "exit status {code}"),
            Self::Signal(number) => match Signal::try_from(*number) {
                Ok(signal) => f.write_str(signal.as_str()),
                Err(_) => write!(f, "signal {number}"),
            },
            Self::Stopped => f.write_str("no end before its deadline"),
        }
    }
}

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    Exited(Exit),
    /// It was killed at its deadline.
    Hung,
    /// It was killed because it printed too much.
    Flooded,
}

/// All that is known of a run.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) end: End,
    pub(crate) elapsed: Duration,
    pub(crate) stdout: Vec<u8>,
    pub(crate) stderr: Vec<u8>,
    /// Descendants that outlived the program, as `name (pid)`. They are dead by now.
    pub(crate) survivors: Vec<String>,
}

/// A child in its own process group. Dropping it kills the group and reaps the child.
pub(crate) struct Group {
    pub(crate) child: Child,
    id: Pid,
}

impl Group {
    /// Starts `command` in a group of its own, unless this program is about to end.
    pub(crate) fn start(command: &mut Command) -> Result<Self> {
        let mut running = RUNNING.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(running) = running.as_mut() else { bail!("interrupted") };
        let child = command
            .process_group(0)
            .spawn()
            .with_context(|| format!("{} cannot be started", command.get_program().display()))?;
        let id = Pid::from_raw(child.id().cast_signed());
        running.push(id);
        Ok(Self { child, id })
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        // 1. Kill while the leader is not reaped: until then its number, and so the group's, belongs to nobody else.
        let _ = killpg(self.id, Signal::SIGKILL);
        let _ = self.child.wait();
        // 2. Forget the group; only from here on may the number be somebody else's.
        let mut running = RUNNING.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(running) = running.as_mut() {
            running.retain(|id| *id != self.id);
        }
    }
}

/// Ends this program on Ctrl-C, SIGTERM and SIGHUP, with all that it started. `status` is what it then exits with.
pub(crate) fn end_on_signals(status: impl Fn(i32) -> i32 + Send + 'static) -> Result<()> {
    let mut signals =
        Signals::new([SIGINT, SIGTERM, SIGHUP]).context("signals cannot be watched")?;
    let wait = move || {
        let Some(signal) = signals.forever().next() else { return };
        let groups =
            RUNNING.lock().unwrap_or_else(PoisonError::into_inner).take().unwrap_or_default();
        for group in groups {
            let _ = killpg(group, Signal::SIGKILL);
        }
        for (pid, _) in alive(|pid| is_marked(pid, own_mark().as_bytes(), b"-")) {
            let _ = kill(pid, Signal::SIGKILL);
        }
        std::process::exit(status(signal));
    };
    std::thread::Builder::new()
        .name("signals".into())
        .spawn(wait)
        .context("no thread for signals")?;
    Ok(())
}

/// Does not return once this program has been told to end: what goes wrong from then on, because what it had started was
/// killed, is no error to report, and its exit status says by which signal it ended.
pub(crate) fn wait_if_interrupted() {
    let interrupted = || RUNNING.lock().unwrap_or_else(PoisonError::into_inner).is_none();
    while interrupted() {
        std::thread::park();
    }
}

/// Runs `command` to its end, or to a limit.
pub(crate) fn run(command: &mut Command, limits: Limits) -> Result<Run> {
    let mark = next_mark();
    let (mut out, mut err) = (tempfile::tempfile()?, tempfile::tempfile()?);
    command.stdin(Stdio::null()).stdout(out.try_clone()?).stderr(err.try_clone()?).env(MARK, &mark);
    let started = Instant::now();
    let group = Group::start(command)?;
    let end = wait(group.id, limits, started, [&out, &err])?;
    let elapsed = started.elapsed();
    let is_ours = |pid| group_of(pid) == Some(group.id) || is_marked(pid, mark.as_bytes(), b"\0");
    let survivors = match end {
        End::Exited(_) => vanish(is_ours),
        // They were cut off in the middle of their work: that they are there is nobody's fault.
        End::Hung | End::Flooded => Vec::new(),
    };
    for (pid, _) in alive(is_ours) {
        let _ = kill(pid, Signal::SIGKILL);
    }
    drop(group);
    let limit = limits.output_bytes_max;
    Ok(Run {
        end,
        elapsed,
        stdout: read(&mut out, limit)?,
        stderr: read(&mut err, limit)?,
        survivors,
    })
}

/// Waits for the leader of the group without reaping it.
fn wait(leader: Pid, limits: Limits, started: Instant, streams: [&File; 2]) -> Result<End> {
    let (tell, told) = mpsc::channel();
    let watch = move || {
        let _ = tell.send(waitid(Id::Pid(leader), WaitPidFlag::WEXITED | WaitPidFlag::WNOWAIT));
    };
    std::thread::Builder::new()
        .name(format!("wait for {leader}"))
        .spawn(watch)
        .context("no thread to wait in")?;
    loop {
        let left = limits.deadline.saturating_sub(started.elapsed());
        match told.recv_timeout(left.min(LOOK_EVERY)) {
            Ok(status) => return Ok(End::Exited(exit_of(status?)?)),
            Err(RecvTimeoutError::Timeout) if left.is_zero() => return Ok(End::Hung),
            Err(RecvTimeoutError::Timeout) => {
                for stream in streams {
                    if stream.metadata()?.len() > limits.output_bytes_max {
                        return Ok(End::Flooded);
                    }
                }
            }
            Err(RecvTimeoutError::Disconnected) => {
                bail!("the thread that waits for process {leader} is gone")
            }
        }
    }
}

fn exit_of(status: nix::sys::wait::WaitStatus) -> Result<Exit> {
    use nix::sys::wait::WaitStatus::{Exited, Signaled};
    match status {
        Exited(_, code) => Ok(Exit::Code(code)),
        Signaled(_, signal, _) => Ok(Exit::Signal(signal as i32)),
        other => bail!("waited for the end of a process and was told {other:?}"),
    }
}

/// Gives descendants a moment to vanish, and names those that did not.
fn vanish(is_ours: impl Fn(Pid) -> bool + Copy) -> Vec<String> {
    let until = Instant::now() + GRACE;
    loop {
        let left = alive(is_ours);
        if left.is_empty() || Instant::now() > until {
            return left.into_iter().map(|(pid, name)| format!("{name} (pid {pid})")).collect();
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// All processes that are not zombies and that `wanted` picks, with their names.
fn alive(wanted: impl Fn(Pid) -> bool) -> Vec<(Pid, String)> {
    let Ok(entries) = std::fs::read_dir("/proc") else { return Vec::new() };
    let pids = entries.flatten().filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    pids.map(Pid::from_raw)
        .filter(|pid| *pid != Pid::this())
        .filter_map(|pid| {
            let (name, state, _) = stat(pid)?;
            (!matches!(state, 'Z' | 'X') && wanted(pid)).then_some((pid, name))
        })
        .collect()
}

fn group_of(pid: Pid) -> Option<Pid> {
    stat(pid).map(|(_, _, group)| group)
}

/// Name, state and process group. The name stands in parentheses and may itself hold any character.
fn stat(pid: Pid) -> Option<(String, char, Pid)> {
    let line =
        std::fs::read_to_string(Path::new("/proc").join(pid.to_string()).join("stat")).ok()?;
    let (head, tail) = line.rsplit_once(')')?;
    let name = head.split_once('(')?.1.to_owned();
    let mut fields = tail.split_whitespace();
    let state = fields.next()?.chars().next()?;
    let group = fields.nth(1)?.parse().ok()?;
    Some((name, state, Pid::from_raw(group)))
}

/// Whether the environment of `pid` holds `MARK=mark`, followed by `end`.
fn is_marked(pid: Pid, mark: &[u8], end: &[u8]) -> bool {
    let Ok(environment) = std::fs::read(Path::new("/proc").join(pid.to_string()).join("environ"))
    else {
        return false;
    };
    let wanted = [MARK.as_bytes(), b"=", mark, end].concat();
    environment.windows(wanted.len()).any(|window| window == wanted)
}

fn own_mark() -> String {
    std::process::id().to_string()
}

fn next_mark() -> String {
    static RUNS: AtomicUsize = AtomicUsize::new(0);
    format!("{}-{}", own_mark(), RUNS.fetch_add(1, Ordering::Relaxed))
}

fn read(file: &mut File, bytes_max: u64) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    file.rewind()?;
    file.take(bytes_max).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// A command whose environment does not depend on how this program was started: by cargo, by mdBook, by hand.
pub(crate) fn neutral(program: impl AsRef<OsStr>) -> Command {
    const SET_BY_CARGO: [&str; 7] = [
        "MANIFEST_",
        "PKG_",
        "BIN_",
        "CRATE_",
        "PRIMARY_PACKAGE",
        "TARGET_TMPDIR",
        "RUSTC_CURRENT_DIR",
    ];
    let mut command = Command::new(program);
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        let by_cargo = text == "CARGO"
            || text
                .strip_prefix("CARGO_")
                .is_some_and(|rest| SET_BY_CARGO.iter().any(|known| rest.starts_with(known)));
        let by_hand = matches!(&*text, "RUST_BACKTRACE" | "RUST_LIB_BACKTRACE" | "RUST_LOG");
        if by_cargo || by_hand || text.starts_with("MDBOOK_") || text.starts_with("POOL_LIB_") {
            command.env_remove(name);
        }
    }
    command
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    const LIMITS: Limits = Limits { deadline: Duration::from_secs(20), output_bytes_max: 10_000 };

    fn shell(script: &str, limits: Limits) -> Run {
        run(Command::new("sh").args(["-c", script]), limits).unwrap()
    }

    /// Waits until no process carries this command line any more, at most as long as a test may take.
    fn is_gone(argument: &str) -> bool {
        let until = Instant::now() + Duration::from_secs(30);
        let seen = |pid: Pid| {
            let line = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
            line.split(|byte| *byte == 0).any(|word| word == argument.as_bytes())
        };
        while !alive(seen).is_empty() {
            if Instant::now() > until {
                return false;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        true
    }

    #[test]
    fn both_streams_and_the_status_are_kept_apart() {
        let run = shell("echo out; echo err >&2; exit 3", LIMITS);
        assert_eq!((run.stdout.as_slice(), run.stderr.as_slice()), (&b"out\n"[..], &b"err\n"[..]));
        assert_eq!(run.end, End::Exited(Exit::Code(3)));
        assert_eq!(shell("kill -SEGV $$", LIMITS).end, End::Exited(Exit::Signal(11)));
    }

    /// A sleep of about an hour that no other run of the tests has.
    fn long() -> String {
        static NEXT: AtomicU32 = AtomicU32::new(3111);
        format!("{}.{}", NEXT.fetch_add(1, Ordering::Relaxed), std::process::id())
    }

    #[test]
    fn a_program_that_hangs_is_killed_with_all_it_started() {
        let limits = Limits { deadline: Duration::from_secs(2), ..LIMITS };
        let long = long();
        let run = shell(&format!("echo before; sleep {long} & setsid sleep {long}"), limits);
        assert_eq!(run.end, End::Hung);
        assert_eq!(run.stdout, b"before\n");
        assert!(is_gone(&long));
    }

    #[test]
    fn what_outlives_the_program_is_named_and_killed_even_in_another_session() {
        let long = long();
        let run = shell(&format!("sleep {long} & setsid sleep {long} & exit 0"), LIMITS);
        assert_eq!(run.end, End::Exited(Exit::Code(0)));
        assert_eq!(run.survivors.len(), 2, "{:?}", run.survivors);
        assert!(run.survivors[0].starts_with("sleep (pid "), "{:?}", run.survivors);
        assert!(is_gone(&long));
    }

    #[test]
    fn a_program_that_prints_without_end_is_stopped() {
        assert_eq!(shell("yes", LIMITS).end, End::Flooded);
    }

    #[test]
    fn stdin_is_empty() {
        assert_eq!(shell("cat; echo done", LIMITS).stdout, b"done\n");
    }
}
