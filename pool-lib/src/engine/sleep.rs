//! A wait for news that holds nothing of the engine, so that somebody else can drive it meanwhile.
//!
//! Must not know what the descriptors belong to, beyond the worker whose number stands beside them.

use std::io;
use std::time::Duration;

use crate::ids::WorkerId;
use crate::sys::{Interest, Waitable, Waker, wait_until_ready};

/// What to wait for, and for how long.
pub(crate) struct Sleep {
    fds: Vec<(Whose, Waitable, bool)>,
    /// From now on; `None` for without limit.
    pub(super) timeout: Option<Duration>,
    /// What the engine remembers of the moment in which it went to sleep.
    pub(super) since: Since,
}

/// When an engine went to sleep, and how often it had been driven until then.
#[derive(Clone, Copy, Default)]
pub(super) struct Since {
    pub(super) at: Duration,
    pub(super) drives: u64,
}

#[derive(Clone, Copy)]
enum Whose {
    Waker,
    Supervisor,
    Worker(WorkerId),
}

/// What was ready at the end of a [`Sleep`].
pub(crate) struct Woken {
    pub(super) waker: bool,
    pub(super) supervisor: bool,
    /// Workers with a link or a pipe that is ready.
    pub(super) links: Vec<WorkerId>,
    pub(super) since: Since,
}

impl Sleep {
    pub(super) fn new(waker: &Waker, timeout: Option<Duration>, since: Since) -> Self {
        Self { fds: vec![(Whose::Waker, waker.bell(), false)], timeout, since }
    }

    pub(super) fn watch_supervisor(&mut self, fds: Vec<Waitable>) {
        self.fds.extend(fds.into_iter().map(|fd| (Whose::Supervisor, fd, false)));
    }

    /// With `write` also until it can take more bytes.
    pub(super) fn watch_worker(&mut self, worker: WorkerId, fd: Waitable, write: bool) {
        self.fds.push((Whose::Worker(worker), fd, write));
    }

    /// Waits until something is ready or the time is up.
    pub(crate) fn wait(self) -> io::Result<Woken> {
        let fds = self.fds.iter();
        let interests: Vec<_> =
            fds.map(|(_, fd, write)| Interest { fd: fd.as_fd(), write: *write }).collect();
        let ready = wait_until_ready(&interests, self.timeout)?;
        let mut woken =
            Woken { waker: false, supervisor: false, links: Vec::new(), since: self.since };
        for ((whose, ..), _) in self.fds.iter().zip(ready).filter(|(_, ready)| *ready) {
            match whose {
                Whose::Waker => woken.waker = true,
                Whose::Supervisor => woken.supervisor = true,
                Whose::Worker(worker) => woken.links.push(*worker),
            }
        }
        woken.links.dedup();
        Ok(woken)
    }
}
