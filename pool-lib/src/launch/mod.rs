//! How worker processes come into the world: forked by a clean fork server, or each started afresh.
//!
//! Both run a copy of this program (`/proc/self/exe`, so a file that was replaced on disk does not matter) and tell it its
//! role in one environment variable. Forking the calling program itself is not offered: its
//! threads would be missing in the copy, and the locks that they hold would not.
//!
//! Must not know tasks, or when a worker is wanted.

mod fork_server;
mod program;
mod protocol;
mod server;

use std::io;
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::time::Duration;

use crate::error::StartFailure;
use crate::ids::WorkerId;
use crate::sys::Waitable;
use crate::task::Function;
use fork_server::ForkServer;
#[cfg(any(test, fuzzing))]
pub(crate) use fork_server::probe;
pub(crate) use program::{ROLE, Role};
pub(crate) use server::serve_forks;

/// How the pool starts its workers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[doc(alias = "zygote")]
#[non_exhaustive]
pub enum StartMethod {
    /// The program is started once more, as a small process with a single thread, and that one
    /// forks the workers. A worker costs a few tenths of a millisecond, whatever the size of
    /// the program that owns the pool.
    #[default]
    ForkServer,
    /// The program is started once more for each worker. Workers share nothing, not even what
    /// `preload` made.
    Spawn,
}

/// A process that has been started and not been reaped.
#[derive(Debug)]
pub(crate) struct Process {
    pub(crate) pidfd: Arc<OwnedFd>,
}

/// What a launcher has to tell after some time.
pub(crate) enum News {
    /// The worker's process exists.
    Launched(WorkerId, Process),
    /// The worker's process could not be made.
    Failed(WorkerId, StartFailure),
    /// The fork server ended with the worker asked for and not told of, perhaps already made; if it was not, this
    /// is why.
    Lost(WorkerId, StartFailure),
}

/// Starts workers by one of the methods.
pub(crate) enum Launcher {
    ForkServer(ForkServer),
    Spawn,
}

impl Launcher {
    /// `start_limit` is how long a fork server may take until it serves, beside the time in `preload`.
    pub(crate) fn new(
        method: StartMethod,
        preload: Option<Function>,
        start_limit: Duration,
    ) -> Self {
        match method {
            StartMethod::ForkServer => Launcher::ForkServer(ForkServer::new(preload, start_limit)),
            StartMethod::Spawn => Launcher::Spawn,
        }
    }

    /// Starts the process of `worker` with `link` as its end. Success may be told later, by
    /// [`receive`](Self::receive).
    pub(crate) fn launch(
        &mut self,
        worker: WorkerId,
        link: OwnedFd,
        now: Duration,
    ) -> io::Result<Option<Process>> {
        match self {
            Launcher::ForkServer(server) => server.ask(worker, link, now).map(|()| None),
            Launcher::Spawn => program::start(Role::Worker, link).map(Some),
        }
    }

    /// Whether news of this worker's process is still to come.
    pub(crate) fn is_pending(&self, worker: WorkerId) -> bool {
        match self {
            Launcher::ForkServer(server) => server.is_pending(worker),
            Launcher::Spawn => false,
        }
    }

    /// What to wait on for news.
    pub(crate) fn fds(&self) -> Vec<Waitable> {
        match self {
            Launcher::ForkServer(server) => server.fds(),
            Launcher::Spawn => Vec::new(),
        }
    }

    /// Takes in what has happened, without waiting.
    pub(crate) fn receive(&mut self, now: Duration) -> Vec<News> {
        match self {
            Launcher::ForkServer(server) => server.receive(now),
            Launcher::Spawn => Vec::new(),
        }
    }

    /// By when there must be news.
    pub(crate) fn answer_by(&self) -> Option<Duration> {
        match self {
            Launcher::ForkServer(server) => server.answer_by(),
            Launcher::Spawn => None,
        }
    }

    /// Ends the fork server, if there should have been news of it by now.
    pub(crate) fn end_if_silent(&mut self, now: Duration) -> Vec<News> {
        match self {
            Launcher::ForkServer(server) => server.end_if_silent(now),
            Launcher::Spawn => Vec::new(),
        }
    }

    /// Ends the fork server, if there is one, after it has told of every process that it made.
    pub(crate) fn end(&mut self) -> Vec<News> {
        match self {
            Launcher::ForkServer(server) => server.end(),
            Launcher::Spawn => Vec::new(),
        }
    }
}
