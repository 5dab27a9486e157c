//! The pool's side of its fork server: started when first needed, and again after it died or fell silent.
//!
//! Must not know what becomes of the workers.

use std::collections::{BTreeSet, VecDeque};
use std::io::{self, ErrorKind};
use std::os::fd::{AsFd, OwnedFd};
use std::sync::Arc;
use std::time::Duration;

use super::program::{self, Role};
use super::protocol::{PACKET, ServerReply, ServerRequest};
use super::{News, Process};
use crate::codec;
use crate::error::{StartFailure, WorkerExit};
use crate::ids::WorkerId;
use crate::sys::{
    FAREWELL, Waitable, hang_up, kill, packet_pair, put_down, reap, receive_with_descriptors,
    send_with_descriptors, wait_and_reap,
};
use crate::task::Function;

#[cfg(any(test, fuzzing))]
pub(crate) mod probe;

/// A server that answers at all does so in a few tenths of a millisecond, so one that has begun to serve and was
/// asked is not waited for longer than this.
const SERVING_LIMIT: Duration = Duration::from_secs(10);

pub(crate) struct ForkServer {
    preload: Option<Function>,
    /// How long it may take until it serves, the user's time in `preload` apart.
    start_limit: Duration,
    running: Option<Running>,
}

struct Running {
    process: Process,
    control: Arc<OwnedFd>,
    stage: Stage,
    /// When it last said something, or was asked after all was answered.
    heard: Duration,
    /// Asked for, and not answered.
    pending: BTreeSet<WorkerId>,
    /// Requests that the socket did not take yet.
    unsent: VecDeque<(Vec<u8>, Option<OwnedFd>)>,
    /// Room for one answer.
    packet: Vec<u8>,
}

/// How far a server has come, as far as it has told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Starting,
    /// It is starting, or runs `preload`, which may take as long as it likes.
    Preloading,
    Serving,
}

impl ForkServer {
    pub(super) fn new(preload: Option<Function>, start_limit: Duration) -> Self {
        Self { preload, start_limit, running: None }
    }

    pub(super) fn ask(&mut self, worker: WorkerId, link: OwnedFd, now: Duration) -> io::Result<()> {
        let running = match &mut self.running {
            Some(running) => running,
            none => none.insert(Running::start(self.preload)?),
        };
        if running.pending.is_empty() {
            running.heard = now;
        }
        running.pending.insert(worker);
        running.push(&ServerRequest::Fork(worker), Some(link));
        Ok(())
    }

    pub(super) fn is_pending(&self, worker: WorkerId) -> bool {
        self.running.as_ref().is_some_and(|running| running.pending.contains(&worker))
    }

    pub(super) fn fds(&self) -> Vec<Waitable> {
        match &self.running {
            Some(running) => vec![running.control.clone(), running.process.pidfd.clone()],
            None => Vec::new(),
        }
    }

    pub(super) fn receive(&mut self, now: Duration) -> Vec<News> {
        let Some(running) = &mut self.running else { return Vec::new() };
        let mut news = Vec::new();
        // The order matters: an end seen first leaves nothing unread behind it.
        let ended = reap(running.process.pidfd.as_fd());
        running.flush();
        let open = running.read(now, &mut news);
        if ended.is_some() || !open {
            let exit = ended.unwrap_or_else(|| running.kill_and_reap());
            let in_preload = running.stage == Stage::Preloading;
            running.lose(&StartFailure::ForkServerEnded { exit, in_preload }, &mut news);
            self.running = None;
        }
        news
    }

    /// By when it must have answered, if it was asked and its time is not the user's.
    pub(super) fn answer_by(&self) -> Option<Duration> {
        let running = self.running.as_ref().filter(|running| !running.pending.is_empty())?;
        Some(running.heard + self.limit(running.stage)?)
    }

    fn limit(&self, stage: Stage) -> Option<Duration> {
        match stage {
            Stage::Starting => Some(self.start_limit),
            Stage::Preloading => None,
            Stage::Serving => Some(self.start_limit.min(SERVING_LIMIT)),
        }
    }

    /// Ends a server that should have answered by now: it was stopped, or hangs. The next worker that is asked
    /// for has the next one started.
    pub(super) fn end_if_silent(&mut self, now: Duration) -> Vec<News> {
        let is_late = |server: &Self| server.answer_by().is_some_and(|by| by <= now);
        if !is_late(self) {
            return Vec::new();
        }
        // It may have answered while this program was held up itself.
        let mut news = self.receive(now);
        if is_late(self)
            && let Some(mut running) = self.running.take()
        {
            let limit = self.limit(running.stage).unwrap_or_default();
            running.kill_and_reap();
            running.read(now, &mut news);
            running.lose(&StartFailure::ForkServerSilent(limit), &mut news);
        }
        news
    }

    pub(super) fn end(&mut self) -> Vec<News> {
        let Some(running) = &mut self.running else { return Vec::new() };
        // Killed rather than asked: a preload may run for ever. What it had told before is read
        // when it cannot tell any more; of a worker forked in its last moment it told nothing, and
        // that one is found by its link.
        running.kill_and_reap();
        let mut news = Vec::new();
        running.read(Duration::ZERO, &mut news);
        self.running = None;
        news
    }
}

impl Drop for ForkServer {
    fn drop(&mut self) {
        if let Some(running) = self.running.take() {
            running.kill_and_reap();
        }
    }
}

impl Running {
    fn start(preload: Option<Function>) -> io::Result<Self> {
        let (control, theirs) = packet_pair()?;
        let control = Arc::new(control);
        let process = program::start(Role::ForkServer, theirs)?;
        let stage = if preload.is_some() { Stage::Preloading } else { Stage::Starting };
        let (heard, pending, unsent) = (Duration::ZERO, BTreeSet::new(), VecDeque::new());
        let packet = vec![0; PACKET];
        let mut running = Self { process, control, stage, heard, pending, unsent, packet };
        running.push(&ServerRequest::Begin { preload }, None);
        Ok(running)
    }

    /// How it ended: in its own way, if it was about to.
    fn kill_and_reap(&self) -> WorkerExit {
        let pidfd = self.process.pidfd.as_fd();
        // A killed process ends as soon as the kernel lets it. One that may not be killed ends when nobody is left to ask it
        // for anything; unless it is held up in `preload`.
        let limit = if kill(pidfd) {
            Duration::MAX
        } else {
            hang_up(self.control.as_fd());
            FAREWELL
        };
        wait_and_reap(pidfd, limit).unwrap_or(WorkerExit::Unknown)
    }

    /// Nothing more will be told of the workers that were asked for.
    fn lose(&mut self, why: &StartFailure, news: &mut Vec<News>) {
        let lost = std::mem::take(&mut self.pending).into_iter();
        news.extend(lost.map(|worker| News::Lost(worker, why.clone())));
    }

    fn push(&mut self, request: &ServerRequest, beside: Option<OwnedFd>) {
        let mut packet = Vec::new();
        codec::encode(request, &mut packet).expect("a request is plain data");
        self.unsent.push_back((packet, beside));
        self.flush();
    }

    fn flush(&mut self) {
        while let Some((packet, beside)) = self.unsent.front() {
            let beside = beside.as_ref().map(AsFd::as_fd);
            match send_with_descriptors(self.control.as_fd(), packet, beside.as_slice()) {
                Ok(_) => drop(self.unsent.pop_front()),
                // Taken up again when the server has answered something and so made room. A
                // server that is gone shows in `read`.
                Err(_) => return,
            }
        }
    }

    /// Reads all answers that are there; `false` when no more can come.
    fn read(&mut self, now: Duration, news: &mut Vec<News>) -> bool {
        loop {
            match receive_with_descriptors(self.control.as_fd(), &mut self.packet) {
                Ok((0, _)) => return false,
                Ok((len, descriptors)) => {
                    self.heard = now;
                    let pidfd = descriptors.into_iter().next();
                    let reply = codec::decode(&self.packet[..len]);
                    if !reply.is_ok_and(|reply| self.take(reply, pidfd, news)) {
                        return false;
                    }
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                // Told once when the server ended with requests unread, and before what it said.
                Err(error) if error.kind() == ErrorKind::ConnectionReset => {}
                Err(error) => return error.kind() == ErrorKind::WouldBlock,
            }
        }
    }

    /// Takes in one answer; `false` when it is the server's last word. Whoever is asked for after that
    /// must get another server, and not be lost with this one.
    fn take(&mut self, reply: ServerReply, pidfd: Option<OwnedFd>, news: &mut Vec<News>) -> bool {
        if let ServerReply::Forked(worker, _) | ServerReply::Refused(worker, _) = &reply
            && !self.pending.remove(worker)
        {
            // Nobody asked for it, or was told already: the server has lost its mind.
            return false;
        }
        match reply {
            ServerReply::Serving => self.stage = Stage::Serving,
            ServerReply::Forked(worker, pid) => {
                news.push(match pidfd {
                    Some(pidfd) => News::Launched(worker, Process { pidfd: Arc::new(pidfd) }),
                    None => {
                        put_down(pid);
                        let why = "no descriptor is left to watch it by (see `ulimit -n`)";
                        News::Failed(worker, StartFailure::Os(why.into()))
                    }
                });
            }
            ServerReply::Refused(worker, why) => {
                news.push(News::Failed(worker, StartFailure::Os(why)));
            }
            ServerReply::Broken(panic) => {
                for worker in std::mem::take(&mut self.pending) {
                    news.push(News::Failed(worker, StartFailure::Panicked(panic.clone())));
                }
                return false;
            }
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::RemotePanic;
    use crate::sys::open_pidfd;

    #[test]
    fn the_last_words_of_a_server_are_read_although_it_left_requests_unread() {
        let (control, theirs) = packet_pair().unwrap();
        let process = Process { pidfd: Arc::new(open_pidfd(std::process::id()).unwrap()) };
        let control = Arc::new(control);
        let worker = WorkerId { slot: 0, generation: 0 };
        let (pending, unsent) = (BTreeSet::from([worker]), VecDeque::new());
        let (stage, heard, packet) = (Stage::Preloading, Duration::ZERO, vec![0; PACKET]);
        let mut running = Running { process, control, stage, heard, pending, unsent, packet };
        running.push(&ServerRequest::Begin { preload: None }, None);
        let panic = RemotePanic::new("no such file".to_owned(), None, String::new());
        let mut packet = Vec::new();
        codec::encode(&ServerReply::Broken(panic.clone()), &mut packet).unwrap();
        send_with_descriptors(theirs.as_fd(), &packet, &[]).unwrap();
        drop(theirs);
        let mut news = Vec::new();
        assert!(!running.read(Duration::ZERO, &mut news));
        let [News::Failed(failed, StartFailure::Panicked(told))] = &news[..] else {
            panic!("{} news", news.len())
        };
        assert_eq!((failed, told), (&worker, &panic));
    }
}
