//! The floor over the kernel: two pipes and one child that answers what it reads.
//!
//! Must not do anything but read and write.

use std::fs::File;
use std::io::{Read, Write};
use std::time::Instant;

use nix::sys::signal::{Signal, kill};
use nix::sys::wait::waitpid;
use nix::unistd::pipe;

use super::fork::{child, end_with_parent};
use crate::stage::Stage;
use crate::work::{LARGE, Work};

/// Numbers that travel together where chunks may.
const CHUNK: usize = 1024;

pub(super) fn play(stage: &Stage) -> bool {
    // What travels each way in one step.
    let (there, back) = match stage.work {
        Work::Apply | Work::ApplyAsleep => (8, 8),
        Work::MapDefault => (8 * CHUNK, 8 * CHUNK),
        Work::Argument => (LARGE, 8),
        Work::Result => (8, LARGE),
        _ => return false,
    };
    let (child_in, parent_out) = pipe().expect("a pipe");
    let (parent_in, child_out) = pipe().expect("a pipe");
    let pid = child(|| {
        end_with_parent();
        let (mut input, mut output) = (File::from(child_in), File::from(child_out));
        let (mut argument, result) = (vec![0; there], vec![1; back]);
        while input.read_exact(&mut argument).is_ok() {
            if output.write_all(&result).is_err() {
                return;
            }
        }
    });
    {
        let (mut input, mut output) = (File::from(parent_in), File::from(parent_out));
        let mut step = |argument: &[u8], result: &mut [u8]| {
            output.write_all(argument).expect("the child reads");
            input.read_exact(result).expect("the child writes");
        };
        let argument = vec![1; there];
        match stage.work {
            Work::MapDefault => {
                let mut result = vec![0; back];
                stage.per_task(1 << 22, |n| {
                    (0..n.div_ceil(CHUNK as u64)).for_each(|_| step(&argument, &mut result));
                });
            }
            Work::Apply | Work::ApplyAsleep => stage.answers(|value| {
                let mut result = [0; 8];
                step(&value.to_ne_bytes(), &mut result);
                u64::from_ne_bytes(result)
            }),
            _ => stage.median(["ns"], || {
                let began = Instant::now();
                // As with a pool: a result is a new vector.
                step(&argument, &mut vec![0; back]);
                [began.elapsed()]
            }),
        }
    }
    // It holds the writing end of its own input as well, so it sees no end of it.
    kill(pid, Signal::SIGKILL).expect("it is our child");
    waitpid(pid, None).expect("it is our child");
    true
}
