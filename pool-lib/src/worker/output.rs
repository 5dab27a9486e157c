//! What a worker's tasks print: out before their results are, and marked where the pool wants to know whose it is.
//!
//! Must not know who reads it.

use std::fs::File;
use std::io::{self, Write};
use std::os::fd::OwnedFd;

use nix::unistd::{dup2_stderr, dup2_stdout};

use crate::sys::flush_output;
use crate::wire::Secret;

/// The standard output and the standard error of this process.
pub(super) struct Output(Option<Marks>);

struct Marks {
    secret: Secret,
    /// Ends of the pipes that are ours alone: a task may put something else in the place of 1 and 2.
    streams: [File; 2],
}

impl Output {
    /// Output that goes wherever the program's own goes.
    pub(super) fn inherited() -> Self {
        Self(None)
    }

    /// Sends both streams into these pipes from now on.
    pub(super) fn redirected(secret: Secret, [out, err]: [OwnedFd; 2]) -> io::Result<Self> {
        dup2_stdout(&out)?;
        dup2_stderr(&err)?;
        Ok(Self(Some(Marks { secret, streams: [out.into(), err.into()] })))
    }

    /// What is written from now on belongs to the task of this ticket.
    pub(super) fn begin(&self, ticket: u32) {
        self.mark(Some(ticket));
    }

    /// Writes out what the task has printed; what is written from now on belongs to none.
    pub(super) fn end(&self) {
        flush_output();
        self.mark(None);
    }

    fn mark(&self, ticket: Option<u32>) {
        let Some(Marks { secret, streams }) = &self.0 else { return };
        for mut stream in streams {
            // One write, and shorter than what a pipe keeps together. It fails when the pool is gone.
            let _ = stream.write_all(&secret.mark(ticket));
        }
    }
}
