//! The floor of starting: fork, one byte back, reap. From a parent with one thread and little memory.
//!
//! Must not be run by a process with threads.

use std::fs::File;
use std::io::{Read, Write};
use std::time::Instant;

use nix::sys::wait::waitpid;
use nix::unistd::{ForkResult, Pid, fork, pipe};

use crate::stage::Stage;
use crate::work::Work;

/// Forks a child that runs `body` and ends.
pub(super) fn child(body: impl FnOnce()) -> Pid {
    // SAFETY: a competitor of the floor has one thread, so the child may run any code.
    match unsafe { fork() }.expect("fork succeeds") {
        ForkResult::Parent { child } => child,
        ForkResult::Child => {
            body();
            // SAFETY: ends the process without running what the parent registered for its own end.
            unsafe { nix::libc::_exit(0) }
        }
    }
}

/// For a child that would otherwise wait for ever.
pub(super) fn end_with_parent() {
    nix::sys::prctl::set_pdeathsig(nix::sys::signal::Signal::SIGKILL).expect("it can be set");
}

pub(super) fn play(stage: &Stage) -> bool {
    let reap = |pid| {
        waitpid(pid, None).expect("it is our child");
    };
    match stage.work {
        Work::Fresh => stage.per_task(2000, |n| {
            let mut running = std::collections::VecDeque::new();
            for _ in 0..n {
                if running.len() == stage.workers {
                    running.pop_front().into_iter().for_each(reap);
                }
                running.push_back(child(|| ()));
            }
            running.into_iter().for_each(reap);
        }),
        Work::Life => stage.median(["first", "total"], || {
            let began = Instant::now();
            let (read, write) = pipe().expect("a pipe");
            let (mut read, mut write) = (File::from(read), File::from(write));
            let children: Vec<_> = (0..4)
                .map(|_| {
                    child(|| {
                        let _ = write.write_all(&[7]);
                    })
                })
                .collect();
            read.read_exact(&mut [0]).expect("a child writes");
            let first = began.elapsed();
            children.into_iter().for_each(reap);
            [first, began.elapsed()]
        }),
        _ => return false,
    }
    true
}
