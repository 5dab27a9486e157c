//! One worker process as the pool sees it: its link, its claim, and the books about it.
//!
//! Must not know how the process is started, watched or killed.

use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::time::Duration;

use super::Assignment;
use super::capture::Capture;
use super::ledger::{Clock, Ledger, Misbehaved};
use crate::beside::Parts;
use crate::error::StartFailure;
use crate::ids::TaskId;
use crate::sys::{Waitable, link_pair};
use crate::task::Function;
use crate::transport::{Claim, FAR, Hear, Link, Parcels, Shared, Transport, distance, next};
use crate::wire::{Frame, Request, Welcome, WorkerEvent, list, list_len};

/// Arguments of several tasks go in one frame up to this size, in bytes.
const TOGETHER: usize = 64 << 10;

/// While tasks are shorter than this, in nanoseconds, a bell for each would cost more than they do.
const SHORT_NS: u64 = 5_000;
/// Then results may be kept back about so long, in nanoseconds each time.
const KEPT_NS: u64 = 100_000;
/// But no more of them than this.
const KEPT: u64 = 1024;

pub(super) struct Port {
    link: Link,
    parcels: Parcels,
    shared: Shared,
    capture: Option<Capture>,
    ledger: Ledger,
    /// The function that was named last, which needs no name while it stays the same.
    named: Option<Function>,
    /// How many results the worker may keep to itself while it has more to do.
    patience: u64,
    /// Whether it may still believe that it may, although it no longer may.
    doubtful: bool,
    /// Tickets before this one are not to be begun any more.
    floor: u32,
    /// Whether something could not be sent.
    deaf: bool,
}

impl Port {
    /// Makes the pool's side of a worker; returns the worker's end of the link.
    pub(super) fn open(
        mut welcome: Welcome,
        capture: bool,
        now: Duration,
    ) -> io::Result<(Self, OwnedFd)> {
        let (ours, theirs) = link_pair()?;
        let (shared, file) = Shared::create()?;
        let transport = if welcome.rings { Transport::Rings } else { Transport::Socket };
        let (parcels, their_parcels) = Parcels::pair()?;
        let mut link = Link::new(ours, parcels.clone(), &shared, transport);
        let mut beside = vec![file, their_parcels];
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
        let ledger = Ledger::new(welcome.worker, now);
        let (named, patience, doubtful, floor) = (None, 0, false, 0);
        let deaf = false;
        let port =
            Self { link, parcels, shared, capture, ledger, named, patience, doubtful, floor, deaf };
        Ok((port, theirs))
    }

    pub(super) fn send(&mut self, runs: Vec<Assignment>) {
        if distance(self.floor, self.ledger.next_ticket()) >= FAR {
            self.raise_floor(next(self.ledger.last_ended()));
        }
        let mut space = Vec::new();
        for Assignment { mut task, function, mut arguments, how } in runs {
            loop {
                let mut size = 0;
                let fit = arguments.lens().take(arguments.alike()).take_while(|len| {
                    size += len;
                    size <= TOGETHER
                });
                // One that is larger than that goes alone.
                let count = fit.count().max(1);
                let parts = arguments.beside();
                let rest = arguments.split_off(count);
                let ticket = self.ledger.enter(task, count);
                if let Some(capture) = &mut self.capture {
                    capture.expect(ticket, task, count);
                }
                task.index += count as u64;
                space.clear();
                if count > 1 {
                    space.reserve(list_len(count));
                    list(arguments.lens(), &mut space);
                }
                let name = (self.named.replace(function) != Some(function)).then_some(function);
                let mut frame = Request::run(ticket, name, how, count > 1);
                frame.beside = parts.len() as u16;
                self.link.push(&frame, &space, arguments, parts);
                match rest {
                    Some(rest) => arguments = rest,
                    None => break,
                }
            }
        }
        self.flush();
    }

    /// Sends more of what is to be sent; `true` when some of it went, and so the worker has read.
    pub(super) fn flush(&mut self) -> bool {
        self.link.flush().unwrap_or_else(|_| {
            self.deaf = true;
            false
        })
    }

    /// Whether it does not listen any more. Most likely it is about to be seen ending; its tasks are dealt with then.
    pub(super) fn is_deaf(&self) -> bool {
        self.deaf
    }

    /// Takes back what the worker has not begun; nothing, if it has begun (or ended) `unless`.
    pub(super) fn take_back(&mut self, unless: Option<TaskId>) -> Result<Vec<TaskId>, Misbehaved> {
        let claim = Claim::new(self.shared.claim());
        if let Some(task) = unless
            && self.ledger.has_begun(task, claim.read().ticket)?
        {
            return Ok(Vec::new());
        }
        let claimed = self.raise_floor(self.ledger.next_ticket());
        self.ledger.take_back(claimed)
    }

    /// Takes back the tickets before this one that are not claimed; says which one was claimed last.
    fn raise_floor(&mut self, to: u32) -> u32 {
        self.floor = to;
        Claim::new(self.shared.claim()).take_back(to).ticket
    }

    /// Stops the worker for good if it is in `task` at this moment.
    pub(super) fn freeze(&mut self, task: TaskId) -> bool {
        let claim = Claim::new(self.shared.claim());
        let frozen = self.ledger.ticket_of(task).filter(|ticket| claim.freeze(*ticket));
        if let Some(ticket) = frozen {
            self.ledger.freeze(ticket);
        }
        frozen.is_some()
    }

    /// Makes sure that the worker, which does not hold its claim of `task` any more, has ended it. A worker
    /// says so before it lets go. One that has not said so has damaged its claim, and is condemned.
    pub(super) fn has_ended(
        &mut self,
        task: TaskId,
        clock: Clock,
        events: &mut Vec<WorkerEvent>,
    ) -> Result<(), Misbehaved> {
        if self.ledger.ticket_of(task).is_some() {
            self.receive(false, clock, events)?;
        }
        if self.ledger.ticket_of(task).is_some() {
            self.ledger.condemn();
            return Err(Misbehaved);
        }
        Ok(())
    }

    /// The tasks that were begun and not ended; asked when the worker is gone.
    pub(super) fn claimed(&self) -> Vec<TaskId> {
        self.ledger.claimed(Claim::new(self.shared.claim()).read().ticket)
    }

    /// Takes in what the worker has said; over the socket `all` of it, or as much as is fair.
    pub(super) fn receive(
        &mut self,
        all: bool,
        clock: Clock,
        events: &mut Vec<WorkerEvent>,
    ) -> Result<(), Misbehaved> {
        let mut intake = Intake::new(&mut self.ledger, &self.parcels, clock);
        self.link.receive_socket(all, &mut intake);
        let (taken, said) = intake.end();
        self.tell(said, events);
        taken.and(self.receive_ring(clock, events))
    }

    /// Takes in what has come through the ring.
    pub(super) fn receive_ring(
        &mut self,
        clock: Clock,
        events: &mut Vec<WorkerEvent>,
    ) -> Result<(), Misbehaved> {
        let mut intake = Intake::new(&mut self.ledger, &self.parcels, clock);
        let received = self.link.receive_ring(&mut intake);
        let (taken, said) = intake.end();
        self.tell(said, events);
        if let Some(pace_ns) = self.ledger.pace_ns.take() {
            self.have_patience(patience(pace_ns));
        }
        received.map_err(|_| Misbehaved)?;
        taken
    }

    /// Passes on what the worker has said, behind what it had printed before.
    fn tell(&mut self, mut said: Vec<WorkerEvent>, events: &mut Vec<WorkerEvent>) {
        if let Some(capture) = &mut self.capture {
            capture.receive(events);
            capture.forget(self.ledger.last_ended());
        }
        events.append(&mut said);
    }

    /// The worker is gone: takes in all that it has said and printed.
    pub(super) fn close(&mut self, clock: Clock, events: &mut Vec<WorkerEvent>) {
        // Misbehaviour can be ignored now: the worker has met its end.
        let _ = self.receive(true, clock, events);
        if let Some(capture) = &mut self.capture {
            capture.finish(events);
        }
    }

    fn have_patience(&mut self, results: u64) {
        if self.patience != results {
            self.patience = results;
            self.doubtful = true;
            self.link.set_patience(results);
        }
    }

    /// Whether the worker may have said something without ringing for it.
    pub(super) fn may_keep_silent(&self) -> bool {
        (self.patience > 0 || self.doubtful) && self.ledger.is_busy()
    }

    /// After such a worker has said nothing for some time: it is in a longer task than was thought, and
    /// has to ring from now on. Until the next time it may not have heard of that.
    pub(super) fn lose_patience(&mut self) {
        if self.patience > 0 {
            self.have_patience(0);
        } else {
            self.doubtful = false;
        }
    }

    /// Whether there is something in the ring, or room in it that was waited for.
    pub(super) fn has_news(&self) -> bool {
        self.link.has_news()
    }

    /// Whether there is a sign of either.
    pub(super) fn shows_news(&self) -> bool {
        self.link.shows_news()
    }

    pub(super) fn go_to_sleep(&self) {
        self.link.go_to_sleep();
    }

    pub(super) fn is_awake(&self) {
        self.link.is_awake();
    }

    /// The process that has greeted.
    pub(super) fn hello(&self) -> Option<u32> {
        self.ledger.hello
    }

    /// When it was launched, or last said something before it was ready.
    pub(super) fn heard(&self) -> Duration {
        self.ledger.heard
    }

    /// Begins the wait for its next word anew.
    pub(super) fn hear(&mut self, now: Duration) {
        self.ledger.heard = now;
    }

    /// Whether it is to say something by itself, soon; what comes before `ready` `may_be_long` if it is the user's.
    pub(super) fn owes_a_word(&self, may_be_long: bool) -> bool {
        self.ledger.owes_a_word(may_be_long)
    }

    /// Whether it has tasks.
    pub(super) fn is_busy(&self) -> bool {
        self.ledger.is_busy()
    }

    /// It never will be ready, for this reason.
    pub(super) fn fail(&mut self, failure: StartFailure) {
        self.ledger.failure = Some(failure);
    }

    pub(super) fn take_failure(&mut self) -> Option<StartFailure> {
        self.ledger.failure.take()
    }

    pub(super) fn retire(&mut self) {
        self.link.finish();
    }

    pub(super) fn is_ended(&self) -> bool {
        self.link.is_ended()
    }

    pub(super) fn has_outgoing(&self) -> bool {
        self.link.has_outgoing()
    }

    pub(super) fn waits_for_socket(&self) -> bool {
        self.link.waits_for_socket()
    }

    /// Whether to try again to send, before long.
    pub(super) fn is_stuck(&self) -> bool {
        self.link.is_stuck()
    }

    /// What to wait on: the link first.
    pub(super) fn fds(&self) -> impl Iterator<Item = Waitable> {
        let output = self.capture.iter().flat_map(Capture::fds);
        std::iter::once(self.link.fd()).chain(output)
    }
}

/// Enters in the books what the worker says, until that is misbehaviour.
struct Intake<'a> {
    ledger: &'a mut Ledger,
    parcels: &'a Parcels,
    clock: Clock,
    said: Vec<WorkerEvent>,
    taken: Result<(), Misbehaved>,
}

impl<'a> Intake<'a> {
    fn new(ledger: &'a mut Ledger, parcels: &'a Parcels, clock: Clock) -> Self {
        Self { ledger, parcels, clock, said: Vec::new(), taken: Ok(()) }
    }

    fn end(mut self) -> (Result<(), Misbehaved>, Vec<WorkerEvent>) {
        self.ledger.tell(&mut self.said);
        (self.taken, self.said)
    }

    /// Takes in a frame, with what was sent beside it. That was sent before; a worker that has not is condemned.
    fn take_in(&mut self, frame: Frame<'_>) -> Result<(), Misbehaved> {
        let parts = match frame.beside {
            0 => Parts::new(),
            count => match self.parcels.receive(frame.ticket, count) {
                Some(parts) => parts,
                None => {
                    self.ledger.condemn();
                    return Err(Misbehaved);
                }
            },
        };
        self.ledger.take_in(frame, parts, self.clock, &mut self.said)
    }
}

impl Hear for Intake<'_> {
    fn hear(&mut self, frame: Frame<'_>) {
        if self.taken.is_ok() {
            self.taken = self.take_in(frame);
        }
    }

    fn skim(&mut self, bytes: &mut &[u8]) {
        self.ledger.skim(bytes);
    }
}

/// How many results may be kept back when a task takes so long.
fn patience(pace_ns: u64) -> u64 {
    if pace_ns < SHORT_NS { (KEPT_NS / pace_ns.max(1)).min(KEPT) } else { 0 }
}

#[cfg(test)]
mod tests;
