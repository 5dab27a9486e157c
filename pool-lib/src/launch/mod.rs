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
use std::os::fd::{BorrowedFd, OwnedFd};

use crate::ids::WorkerId;
use crate::task::Function;
use fork_server::ForkServer;
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
    pub(crate) pidfd: OwnedFd,
}

/// What a launcher has to tell after some time.
pub(crate) enum News {
    /// The worker's process exists.
    Launched(WorkerId, Process),
    /// The worker's process could not be made.
    Failed(WorkerId, LaunchError),
}

/// Why a process could not be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum LaunchError {
    /// The operating system says no.
    Os(String),
    /// `preload` panicked.
    Preload(crate::error::RemotePanic),
}

/// Starts workers by one of the methods.
pub(crate) enum Launcher {
    ForkServer(ForkServer),
    Spawn,
}

impl Launcher {
    pub(crate) fn new(method: StartMethod, preload: Option<Function>) -> Self {
        match method {
            StartMethod::ForkServer => Launcher::ForkServer(ForkServer::new(preload)),
            StartMethod::Spawn => Launcher::Spawn,
        }
    }

    /// Starts the process of `worker` with `link` as its end. Success may be told later, by
    /// [`receive`](Self::receive).
    pub(crate) fn launch(
        &mut self,
        worker: WorkerId,
        link: OwnedFd,
    ) -> io::Result<Option<Process>> {
        match self {
            Launcher::ForkServer(server) => server.ask(worker, link).map(|()| None),
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
    pub(crate) fn fds(&self) -> Vec<BorrowedFd<'_>> {
        match self {
            Launcher::ForkServer(server) => server.fds(),
            Launcher::Spawn => Vec::new(),
        }
    }

    /// Takes in what has happened, without waiting.
    pub(crate) fn receive(&mut self) -> Vec<News> {
        match self {
            Launcher::ForkServer(server) => server.receive(),
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
