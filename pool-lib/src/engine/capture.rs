//! The pool's ends of the pipes into which one worker prints.
//!
//! Must not trust that the worker marks its output truly: a mark can name only tasks of its own.

use std::collections::VecDeque;
use std::fs::File;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::io::{self, Read};
use std::os::fd::OwnedFd;
use std::sync::Arc;

use crate::ids::{TaskId, WorkerId};
use crate::sys::{Waitable, output_pipe};
use crate::trace::OutputStream;
use crate::transport::next_after;
use crate::wire::{Line, Lines, Secret, WorkerEvent};

/// How much is read from a pipe at a time, in bytes: more than it holds.
const READ: usize = 64 << 10;
/// How many reads a pipe gets after its worker's end. Somebody whom the worker has left behind may go on
/// writing for ever.
const LAST_READS: usize = 16;

pub(super) struct Capture {
    worker: WorkerId,
    pipes: [Pipe; 2],
    /// Tasks whose output may still come, by ticket, in the order of sending.
    tasks: VecDeque<(u32, TaskId)>,
}

struct Pipe {
    stream: OutputStream,
    file: Arc<File>,
    lines: Lines,
    ended: bool,
    /// Whether more was there than one read takes.
    behind: bool,
}

impl Capture {
    /// Makes the pipes; returns the worker's ends, and what marks its output.
    pub(super) fn new(worker: WorkerId) -> io::Result<(Self, Secret, [OwnedFd; 2])> {
        let secret = secret();
        let pipe = |stream| {
            let (ours, theirs) = output_pipe()?;
            let lines = Lines::new(secret);
            io::Result::Ok((
                Pipe { stream, file: Arc::new(ours.into()), lines, ended: false, behind: false },
                theirs,
            ))
        };
        let (out, out_end) = pipe(OutputStream::Stdout)?;
        let (err, err_end) = pipe(OutputStream::Stderr)?;
        let capture = Self { worker, pipes: [out, err], tasks: VecDeque::new() };
        Ok((capture, secret, [out_end, err_end]))
    }

    /// The worker may print in these tasks from now on: `count` of them, from this one on.
    pub(super) fn expect(&mut self, ticket: u32, task: TaskId, count: usize) {
        for place in 0..count as u32 {
            let index = task.index + u64::from(place);
            self.tasks.push_back((next_after(ticket, place), TaskId { call: task.call, index }));
        }
    }

    /// The tasks up to this ticket had ended when output was last read.
    pub(super) fn forget(&mut self, ticket: u32) {
        if self.pipes.iter().any(|pipe| pipe.behind) {
            return;
        }
        if let Some(place) = self.tasks.iter().position(|(sent, _)| *sent == ticket) {
            self.tasks.drain(..=place);
        }
    }

    /// Takes in what the worker has printed: all that it printed before this was asked.
    pub(super) fn receive(&mut self, events: &mut Vec<WorkerEvent>) {
        for number in 0..self.pipes.len() {
            self.read(number, events);
        }
    }

    /// The worker is gone: takes in its last words.
    pub(super) fn finish(&mut self, events: &mut Vec<WorkerEvent>) {
        for number in 0..self.pipes.len() {
            let mut reads = 0;
            while reads < LAST_READS && self.read(number, events) {
                reads += 1;
            }
            let mut last = Vec::new();
            self.pipes[number].lines.finish(|line| last.push(line));
            self.tell(number, last, events);
        }
    }

    /// Reads once; `false` when nothing is there.
    fn read(&mut self, number: usize, events: &mut Vec<WorkerEvent>) -> bool {
        let pipe = &mut self.pipes[number];
        let mut buffer = [0; READ];
        let count = match (&*pipe.file).read(&mut buffer) {
            _ if pipe.ended => 0,
            Ok(count) => {
                pipe.ended = count == 0;
                count
            }
            // Nothing there, or nothing that can be had.
            Err(_) => 0,
        };
        pipe.behind = count == READ;
        let mut found = Vec::new();
        pipe.lines.take(&buffer[..count], |line| found.push(line));
        self.tell(number, found, events);
        count > 0
    }

    fn tell(&self, number: usize, lines: Vec<Line>, events: &mut Vec<WorkerEvent>) {
        let (worker, stream) = (self.worker, self.pipes[number].stream);
        events.extend(lines.into_iter().map(|Line { ticket, text, cut }| {
            let task = ticket.and_then(|ticket| {
                self.tasks.iter().find(|(sent, _)| *sent == ticket).map(|(_, task)| *task)
            });
            WorkerEvent::Output { worker, task, stream, line: text, cut }
        }));
    }

    /// What to wait on.
    pub(super) fn fds(&self) -> impl Iterator<Item = Waitable> {
        let open = self.pipes.iter().filter(|pipe| !pipe.ended);
        open.map(|pipe| -> Waitable { pipe.file.clone() })
    }
}

/// Nobody can guess it: std draws such keys from the operating system, against floods of a hash table.
fn secret() -> Secret {
    let half = || RandomState::new().build_hasher().finish().to_ne_bytes();
    let mut bytes = [0; 16];
    bytes[..8].copy_from_slice(&half());
    bytes[8..].copy_from_slice(&half());
    Secret::from_random(bytes)
}
