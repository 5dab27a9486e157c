//! What a worker's tasks print: out before the pool has a sign of their results, and marked where it wants to know whose it
//! is.
//!
//! Must not know who reads it.

use std::fs::File;
use std::io::{self, Write};
use std::os::fd::OwnedFd;

use nix::unistd::{dup2_stderr, dup2_stdout};

use crate::sys::flush_output;
use crate::wire::Secret;

/// The standard output and the standard error of this process.
pub(super) struct Output {
    marks: Option<Marks>,
    /// Whether there may be something in the buffers.
    held: bool,
}

struct Marks {
    secret: Secret,
    /// Ends of the pipes that are ours alone: a task may put something else in the place of 1 and 2.
    streams: [File; 2],
}

impl Output {
    /// Output that goes wherever the program's own goes.
    pub(super) fn inherited() -> Self {
        Self { marks: None, held: false }
    }

    /// Sends both streams into these pipes from now on.
    pub(super) fn redirected(secret: Secret, [out, err]: [OwnedFd; 2]) -> io::Result<Self> {
        dup2_stdout(&out)?;
        dup2_stderr(&err)?;
        let marks = Marks { secret, streams: [out.into(), err.into()] };
        Ok(Self { marks: Some(marks), held: false })
    }

    /// What is written from now on belongs to the task of this ticket.
    pub(super) fn begin(&self, ticket: u32) {
        self.mark(Some(ticket));
    }

    /// What is written from now on belongs to no task. Writes out what this one has printed if that is `due`, or somebody
    /// wants to know whose it is.
    pub(super) fn end(&mut self, due: bool) {
        self.held = true;
        if due || self.marks.is_some() {
            self.write_out();
        }
        self.mark(None);
    }

    /// Writes out what tasks have printed. That takes a lock or two even if they have printed nothing.
    pub(super) fn write_out(&mut self) {
        if std::mem::take(&mut self.held) {
            flush_output();
        }
    }

    fn mark(&self, ticket: Option<u32>) {
        let Some(Marks { secret, streams }) = &self.marks else { return };
        for mut stream in streams {
            // One write, and shorter than what a pipe keeps together. It fails when the pool is gone.
            let _ = stream.write_all(&secret.mark(ticket));
        }
    }
}
