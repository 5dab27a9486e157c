//! A program that is killed at any step of starting its pool: whatever it and its young processes were
//! about to do, none of these lives on.
//!
//! Must not depend on how long a step takes. The scenario traces the whole family and counts system
//! calls; at a chosen one it kills the program, and then waits until nobody is left. One that lived on would
//! be waited for until the watchdog barks.

use std::collections::BTreeSet;
use std::env;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::io::ErrorKind;
use std::os::unix::process::{CommandExt, parent_id};

use nix::errno::Errno;
use nix::sys::prctl;
use nix::sys::ptrace;
use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::Pid;
use pool_lib::{Pool, StartMethod};

use crate::{STARTER, Scenario, copy_for, skipped, suffix};

pub(crate) const SCENARIOS: &[Scenario] =
    &[("parent_sigkill_at_any_step_of_starting_leaves_no_process", any_step)];

/// How many programs are killed, at steps spread over all that there are.
const KILLS: usize = 200;
const WORKERS: usize = 2;

/// The program: starts workers, and is killed before they are ready or by one that nearly is.
pub(crate) fn program(method: StartMethod) {
    let builder = Pool::builder().start_method(method).processes(WORKERS);
    let _ = builder.initializer(the_end).build();
    unreachable!("the initializer never returns");
}

/// In a worker: the last step. The worker then hears of nothing: not of the end of its link either.
fn the_end() {
    let parent = parent_id();
    // Unless it has been killed before, and the test has taken its place.
    if parent.to_string() != env::var(STARTER).unwrap() {
        let _ = kill(Pid::from_raw(parent as i32), Signal::SIGKILL);
    }
    loop {
        std::thread::park();
    }
}

fn any_step(method: StartMethod) {
    prctl::set_child_subreaper(true).unwrap();
    let Some(first) = run(method, usize::MAX) else {
        return skipped("this machine does not let a process trace its children");
    };
    let all = first.steps;
    assert!(first.born.len() > WORKERS && all > 200, "{first:?}");
    // Other steps each time.
    let offset = RandomState::new().build_hasher().finish() as usize % (all / KILLS);
    let (mut killed, mut sizes) = (0, BTreeSet::new());
    for number in 0..KILLS {
        let step = offset + number * all / KILLS + 1;
        eprintln!("{method:?}: killing the program at step {step} of about {all}");
        let run = run(method, step).unwrap();
        killed += usize::from(run.killed);
        sizes.insert(run.born.len());
    }
    // The first run may have been a long one; most of the others reach most of its steps.
    assert!(killed > KILLS / 2, "only {killed} were killed");
    assert!(sizes.len() > 2, "hardly any was killed before it had all its processes: {sizes:?}");
}

#[derive(Debug)]
struct Run {
    /// System calls of the program, its threads and all their children, each counted going in and coming out.
    steps: usize,
    /// The program, its threads, its processes and theirs.
    born: BTreeSet<Pid>,
    killed: bool,
}

/// Runs the program up to a step, kills it there, and waits for the end of all; `None` where tracing is
/// not allowed.
fn run(method: StartMethod, step: usize) -> Option<Run> {
    let mut command = copy_for(&format!("program_stepped::{}", suffix(method)));
    // SAFETY: one system call between fork and exec.
    unsafe { command.pre_exec(|| Ok(ptrace::traceme()?)) };
    let program = match command.spawn() {
        Ok(program) => Pid::from_raw(program.id() as i32),
        Err(error) if error.kind() == ErrorKind::PermissionDenied => return None,
        Err(error) => panic!("{error}"),
    };
    let mut run = Run { steps: 0, born: BTreeSet::from([program]), killed: false };
    let first = waitpid(program, None).unwrap();
    assert_eq!(first, WaitStatus::Stopped(program, Signal::SIGTRAP));
    let options = ptrace::Options::PTRACE_O_TRACESYSGOOD
        | ptrace::Options::PTRACE_O_TRACECLONE
        | ptrace::Options::PTRACE_O_TRACEFORK
        | ptrace::Options::PTRACE_O_TRACEVFORK
        | ptrace::Options::PTRACE_O_TRACEEXEC
        | ptrace::Options::PTRACE_O_EXITKILL;
    ptrace::setoptions(program, options).unwrap();
    let resume = |pid: Pid, signal: Option<Signal>, stepping: bool| {
        let resumed =
            if stepping { ptrace::syscall(pid, signal) } else { ptrace::cont(pid, signal) };
        // It may have been killed while it stood still.
        assert!(matches!(resumed, Ok(()) | Err(Errno::ESRCH)), "{resumed:?}");
    };
    resume(program, None, true);
    loop {
        match waitpid(None, Some(WaitPidFlag::__WALL)) {
            Ok(WaitStatus::PtraceSyscall(pid)) => {
                run.steps += 1;
                if run.steps == step {
                    // Unless it is gone already.
                    run.killed = kill(program, Signal::SIGKILL).is_ok();
                }
                resume(pid, None, !run.killed);
            }
            Ok(WaitStatus::PtraceEvent(pid, ..)) => resume(pid, None, !run.killed),
            // How those that are born under a tracer begin.
            Ok(WaitStatus::Stopped(pid, Signal::SIGSTOP)) => {
                run.born.insert(pid);
                resume(pid, None, !run.killed);
            }
            Ok(WaitStatus::Stopped(pid, signal)) => resume(pid, Some(signal), !run.killed),
            Ok(_) => {}
            Err(Errno::ECHILD) => return Some(run),
            Err(error) => panic!("{error}"),
        }
    }
}
