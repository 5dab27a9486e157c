//! One worker process as the pool sees it: its link, its claim, and the tasks that it was given.
//!
//! Trusts nothing that the worker says: a reply that does not fit what it was asked is an error, and the worker is to be
//! condemned for it.
//!
//! Must not know how the process is started, watched or killed.

use std::collections::VecDeque;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::time::Duration;

use super::Assignment;
use super::capture::Capture;
use crate::error::StartFailure;
use crate::ids::{TaskId, WorkerId};
use crate::sys::{ClaimPage, identity, link_pair};
use crate::transport::{Claim, Link, next};
use crate::wire::{Frame, Reply, Request, Welcome, WorkerEvent};

pub(super) struct Port {
    worker: WorkerId,
    link: Link,
    page: ClaimPage,
    capture: Option<Capture>,
    /// Sent and not ended, by ticket, in the order of sending.
    assigned: VecDeque<(u32, TaskId)>,
    last_sent: u32,
    last_ended: u32,
    /// The ticket in which the worker was stopped: its end is decided, whatever the worker says yet.
    frozen: Option<u32>,
    phase: Phase,
    /// When it was launched, or said hello.
    pub(super) heard: Duration,
    pub(super) hello: Option<u32>,
    /// What the worker said went wrong before it was ready.
    pub(super) failure: Option<StartFailure>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Silent,
    Greeted,
    Ready,
    /// It broke the rules: nothing that it says counts any more.
    Condemned,
}

/// When the pool was built and what time it is, to turn a worker's clock into the pool's.
#[derive(Clone, Copy)]
pub(super) struct Clock {
    pub(super) epoch_ns: u64,
    pub(super) now: Duration,
}

impl Clock {
    /// A worker cannot place anything before the pool or in the future.
    fn time(self, ns: u64) -> Duration {
        Duration::from_nanos(ns.saturating_sub(self.epoch_ns)).min(self.now)
    }
}

/// The worker said something that it was not asked for.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Misbehaved;

impl Port {
    /// Makes the pool's side of a worker; returns the worker's end of the link.
    pub(super) fn open(
        mut welcome: Welcome,
        capture: bool,
        now: Duration,
    ) -> io::Result<(Self, OwnedFd)> {
        let (ours, theirs) = link_pair()?;
        let (page, file) = ClaimPage::create()?;
        let mut link = Link::new(ours);
        let mut beside = vec![file];
        let capture = if capture {
            let (capture, secret, pipes) = Capture::new(welcome.worker)?;
            welcome.capture = Some(secret);
            beside.extend(pipes);
            Some(capture)
        } else {
            None
        };
        let beside: Vec<_> = beside.iter().map(AsFd::as_fd).collect();
        link.send_first(&Request::welcome(&welcome), &beside)?;
        let port = Self {
            worker: welcome.worker,
            link,
            page,
            capture,
            assigned: VecDeque::new(),
            last_sent: 0,
            last_ended: 0,
            frozen: None,
            phase: Phase::Silent,
            heard: now,
            hello: None,
            failure: None,
        };
        Ok((port, theirs))
    }

    pub(super) fn send(&mut self, tasks: Vec<Assignment>) {
        for Assignment { task, function, argument, announce } in tasks {
            self.last_sent = next(self.last_sent);
            self.assigned.push_back((self.last_sent, task));
            if let Some(capture) = &mut self.capture {
                capture.expect(self.last_sent, task);
            }
            self.link.push(&Request::run(self.last_sent, function, announce), argument);
        }
        self.flush();
    }

    /// Sends more of what is to be sent; `true` when some of it went, and so the worker has read.
    pub(super) fn flush(&mut self) -> bool {
        // A worker that no longer listens is about to be seen ending; its tasks are dealt with then.
        self.link.flush().unwrap_or(false)
    }

    /// Takes back what the worker has not begun; nothing, if it has begun (or ended) `unless`.
    pub(super) fn take_back(&mut self, unless: Option<TaskId>) -> Result<Vec<TaskId>, Misbehaved> {
        if let Some(task) = unless {
            let begun = self.begun(Claim::new(self.page.word()).read().ticket)?;
            if !self.assigned.iter().skip(begun).any(|(_, assigned)| *assigned == task) {
                return Ok(Vec::new());
            }
        }
        let claimed = Claim::new(self.page.word()).take_back(next(self.last_sent)).ticket;
        let begun = self.begun(claimed)?;
        Ok(self.assigned.split_off(begun).into_iter().map(|(_, task)| task).collect())
    }

    /// How many of the assigned tasks are begun when `claimed` is the last claimed ticket.
    fn begun(&self, claimed: u32) -> Result<usize, Misbehaved> {
        if claimed == self.last_ended {
            return Ok(0);
        }
        let place = self.assigned.iter().position(|(ticket, _)| *ticket == claimed);
        place.map(|place| place + 1).ok_or(Misbehaved)
    }

    /// Stops the worker for good if it is in `task` at this moment.
    pub(super) fn freeze(&mut self, task: TaskId) -> bool {
        let ticket = self.assigned.iter().find(|(_, assigned)| *assigned == task).map(|(t, _)| *t);
        self.frozen = ticket.filter(|ticket| Claim::new(self.page.word()).freeze(*ticket));
        self.frozen.is_some()
    }

    /// Makes sure that the worker, which does not hold its claim of `task` any more, has ended it. A worker
    /// says so before it lets go. One that has not said so has damaged its claim, and is condemned.
    pub(super) fn has_ended(
        &mut self,
        task: TaskId,
        clock: Clock,
        events: &mut Vec<WorkerEvent>,
    ) -> Result<(), Misbehaved> {
        let held = |port: &Self| port.assigned.iter().any(|(_, assigned)| *assigned == task);
        if held(self) {
            self.receive(false, clock, events)?;
        }
        if held(self) {
            self.phase = Phase::Condemned;
            return Err(Misbehaved);
        }
        Ok(())
    }

    /// The tasks that were begun and not ended; asked when the worker is gone.
    pub(super) fn claimed(&self) -> Vec<TaskId> {
        let claimed = Claim::new(self.page.word()).read().ticket;
        // A worker that wrote nonsense into the claim may have begun anything that it was given.
        let begun = self.begun(claimed).unwrap_or(self.assigned.len());
        self.assigned.iter().take(begun).map(|(_, task)| *task).collect()
    }

    /// Takes in what the worker has said: `all` of it, or as much as is fair.
    pub(super) fn receive(
        &mut self,
        all: bool,
        clock: Clock,
        events: &mut Vec<WorkerEvent>,
    ) -> Result<(), Misbehaved> {
        let mut frames = Vec::new();
        self.link.receive(all, |frame| frames.push(frame));
        // Afterwards, so that what a task has printed is told before its end is.
        if let Some(capture) = &mut self.capture {
            capture.receive(events);
        }
        for frame in frames {
            if self.phase == Phase::Condemned {
                break;
            }
            match self.take_in(frame, clock) {
                Ok(Some(event)) => events.push(event),
                Ok(None) => {}
                Err(misbehaved) => {
                    self.phase = Phase::Condemned;
                    return Err(misbehaved);
                }
            }
        }
        if let Some(capture) = &mut self.capture {
            capture.forget(self.last_ended);
        }
        Ok(())
    }

    /// The worker is gone: takes in all that it has said and printed.
    pub(super) fn close(&mut self, clock: Clock, events: &mut Vec<WorkerEvent>) {
        // Misbehaviour can be ignored now: the worker has met its end.
        let _ = self.receive(true, clock, events);
        if let Some(capture) = &mut self.capture {
            capture.finish(events);
        }
    }

    fn take_in(&mut self, frame: Frame, clock: Clock) -> Result<Option<WorkerEvent>, Misbehaved> {
        let worker = self.worker;
        let reply = Reply::parse(frame).map_err(|_| Misbehaved)?;
        match (self.phase, reply) {
            (Phase::Silent, Reply::Hello { pid, identity: theirs }) if theirs == identity() => {
                self.phase = Phase::Greeted;
                self.hello = Some(pid);
                self.heard = clock.now;
                Ok(Some(WorkerEvent::Started { worker, pid }))
            }
            (Phase::Greeted, Reply::Ready) => {
                self.phase = Phase::Ready;
                Ok(Some(WorkerEvent::Up { worker }))
            }
            (Phase::Greeted, Reply::Failed(failure)) => {
                self.failure = Some(failure);
                Ok(None)
            }
            (Phase::Ready, Reply::Started { ticket, at_ns }) => match self.assigned.front() {
                Some(&(first, task)) if first == ticket => {
                    Ok(Some(WorkerEvent::TaskStarted { worker, task, at: clock.time(at_ns) }))
                }
                _ => Err(Misbehaved),
            },
            (Phase::Ready, Reply::Grown { bytes }) => {
                Ok(Some(WorkerEvent::Grown { worker, bytes }))
            }
            (Phase::Ready, Reply::Skipped { ticket }) => {
                // One that was not taken back would be waited for in vain.
                let wanted = self.assigned.iter().any(|(assigned, _)| *assigned == ticket);
                if wanted { Err(Misbehaved) } else { Ok(Some(WorkerEvent::Stirs { worker })) }
            }
            (Phase::Ready, Reply::Finished { ticket, .. }) if self.frozen == Some(ticket) => {
                Ok(None)
            }
            (Phase::Ready, Reply::Finished { ticket, verdict, started_ns, ended_ns, output }) => {
                let task = match self.assigned.front() {
                    Some(&(first, task)) if first == ticket => task,
                    _ => return Err(Misbehaved),
                };
                self.assigned.pop_front();
                self.last_ended = ticket;
                let ended = clock.time(ended_ns);
                let started = clock.time(started_ns).min(ended);
                let event =
                    WorkerEvent::TaskFinished { worker, task, verdict, output, started, ended };
                Ok(Some(event))
            }
            _ => Err(Misbehaved),
        }
    }

    pub(super) fn retire(&mut self) {
        self.link.finish();
    }

    /// Whether it is to say something by itself, soon; what comes before `ready` `may_be_long` if it is the user's.
    pub(super) fn owes_a_word(&self, may_be_long: bool) -> bool {
        match self.phase {
            Phase::Silent => true,
            Phase::Greeted => !may_be_long,
            Phase::Ready | Phase::Condemned => false,
        }
    }

    /// Whether it has tasks.
    pub(super) fn is_busy(&self) -> bool {
        !self.assigned.is_empty()
    }

    pub(super) fn is_ended(&self) -> bool {
        self.link.is_ended()
    }

    pub(super) fn has_outgoing(&self) -> bool {
        self.link.has_outgoing()
    }

    /// What to wait on: the link first.
    pub(super) fn fds(&self) -> impl Iterator<Item = BorrowedFd<'_>> {
        let output = self.capture.iter().flat_map(Capture::fds);
        std::iter::once(self.link.fd()).chain(output)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::CallId;
    use crate::task::Verdict;

    const CLOCK: Clock = Clock { epoch_ns: 100, now: Duration::from_nanos(50) };

    fn port() -> Port {
        let worker = WorkerId { slot: 0, generation: 0 };
        let (name, limits) = (String::new(), Vec::new());
        let (initializer, core, capture, memory, drained) = (None, None, None, None, false);
        let welcome = Welcome { worker, name, initializer, core, limits, capture, drained, memory };
        Port::open(welcome, false, Duration::ZERO).unwrap().0
    }

    fn ready() -> Port {
        let mut port = port();
        port.take_in(Reply::hello(1, identity()), CLOCK).unwrap();
        port.take_in(Reply::ready(), CLOCK).unwrap();
        port.assigned = [(1, task(1)), (2, task(2))].into();
        port.last_sent = 2;
        port
    }

    fn task(index: u64) -> TaskId {
        TaskId { call: CallId(0), index }
    }

    #[test]
    fn what_was_not_asked_for_is_misbehaviour() {
        assert_eq!(port().take_in(Reply::ready(), CLOCK), Err(Misbehaved));
        assert_eq!(port().take_in(Reply::hello(1, !identity()), CLOCK), Err(Misbehaved));
        assert_eq!(ready().take_in(Reply::ready(), CLOCK), Err(Misbehaved));
        assert_eq!(ready().take_in(Reply::skipped(2), CLOCK), Err(Misbehaved));
        let stirs = WorkerEvent::Stirs { worker: ready().worker };
        assert_eq!(ready().take_in(Reply::skipped(9), CLOCK), Ok(Some(stirs)));
        let out_of_turn = Reply::finished(2, Verdict::Returned, 0, 0);
        assert_eq!(ready().take_in(out_of_turn, CLOCK), Err(Misbehaved));
        assert_eq!(ready().take_in(Reply::started(7, 0), CLOCK), Err(Misbehaved));
        assert_eq!(
            ready().take_in(Frame { kind: 250, ..Frame::default() }, CLOCK),
            Err(Misbehaved)
        );
    }

    #[test]
    fn a_worker_cannot_bend_time() {
        let frame = Reply::finished(1, Verdict::Returned, u64::MAX, 0);
        let event = ready().take_in(frame, CLOCK).unwrap().unwrap();
        let WorkerEvent::TaskFinished { started, ended, .. } = event else { panic!("{event:?}") };
        assert_eq!((started, ended), (Duration::ZERO, Duration::ZERO));
    }

    #[test]
    fn a_claim_divides_what_was_begun_from_what_was_not() {
        let mut port = ready();
        Claim::new(port.page.word()).take(1).unwrap();
        assert_eq!(port.claimed(), [task(1)]);
        assert_eq!(port.take_back(Some(task(1))), Ok(vec![]));
        assert_eq!(port.take_back(None), Ok(vec![task(2)]));
        assert!(port.freeze(task(1)));
        assert!(!port.freeze(task(2)));
    }

    #[test]
    fn what_a_stopped_worker_says_of_its_task_comes_too_late() {
        let mut port = ready();
        Claim::new(port.page.word()).take(1).unwrap();
        assert!(port.freeze(task(1)));
        let finished = Reply::finished(1, Verdict::Returned, 0, 0);
        assert_eq!(port.take_in(finished, CLOCK), Ok(None));
        assert!(Claim::new(port.page.word()).release().is_err());
        assert_eq!(port.claimed(), [task(1)]);
    }

    #[test]
    fn a_claim_of_what_was_never_sent_is_misbehaviour() {
        let mut port = ready();
        Claim::new(port.page.word()).take(77).unwrap();
        assert_eq!(port.take_back(None), Err(Misbehaved));
        assert_eq!(port.take_back(Some(task(1))), Err(Misbehaved));
        assert_eq!(port.claimed(), [task(1), task(2)]);
    }
}
