//! What one worker was given and what it may say: the books that are kept about it on the pool's side.
//!
//! Trusts nothing that the worker says: a reply that does not fit what it was asked is an error, and the worker is to be
//! condemned for it.
//!
//! Must not know links, memory or processes.

use std::borrow::Cow;
use std::collections::VecDeque;
use std::time::Duration;

use crate::beside::Parts;
use crate::error::StartFailure;
use crate::ids::{TaskId, WorkerId};
use crate::sys::identity;
use crate::task::{Batch, Verdict};
use crate::transport::{distance, next, next_after};
use crate::wire::{Ended, Frame, Reply, WorkerEvent};

mod once;
mod row;
use once::Once;
use row::Row;

pub(super) struct Ledger {
    worker: WorkerId,
    /// Sent and not ended, in the order of sending.
    assigned: VecDeque<Sent>,
    last_sent: u32,
    last_ended: u32,
    /// The ticket in which the worker was stopped: its end is decided, whatever the worker says yet.
    frozen: Option<u32>,
    phase: Phase,
    once: Once,
    /// Results that have come in a row and were not told yet.
    row: Option<Row>,
    /// Tasks that have ended since a span was told.
    untimed: u32,
    /// How long its last tasks took, in nanoseconds each.
    pub(super) pace_ns: Option<u64>,
    /// When it was launched, or said hello.
    pub(super) heard: Duration,
    pub(super) hello: Option<u32>,
    /// What the worker said went wrong before it was ready.
    pub(super) failure: Option<StartFailure>,
}

/// Consecutive tasks of one call, with consecutive tickets.
#[derive(Clone, Copy, Debug)]
struct Sent {
    ticket: u32,
    task: TaskId,
    count: u32,
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

impl Ledger {
    pub(super) fn new(worker: WorkerId, now: Duration) -> Self {
        Self {
            worker,
            assigned: VecDeque::new(),
            last_sent: 0,
            last_ended: 0,
            frozen: None,
            phase: Phase::Silent,
            once: Once::default(),
            row: None,
            untimed: 0,
            pace_ns: None,
            heard: now,
            hello: None,
            failure: None,
        }
    }

    /// Enters `count` tasks, from `task` on; returns the ticket of the first.
    pub(super) fn enter(&mut self, task: TaskId, count: usize) -> u32 {
        let ticket = next(self.last_sent);
        let count = u32::try_from(count).expect("runs are short");
        self.assigned.push_back(Sent { ticket, task, count });
        self.last_sent = next_after(self.last_sent, count);
        ticket
    }

    /// The ticket that will be given next.
    pub(super) fn next_ticket(&self) -> u32 {
        next(self.last_sent)
    }

    /// The ticket of the last task that has ended.
    pub(super) fn last_ended(&self) -> u32 {
        self.last_ended
    }

    /// Whether something was sent and has not ended.
    pub(super) fn is_busy(&self) -> bool {
        !self.assigned.is_empty()
    }

    /// Whether the worker is to say something by itself, soon; what comes before `ready` `may_be_long` if it is the
    /// user's.
    pub(super) fn owes_a_word(&self, may_be_long: bool) -> bool {
        match self.phase {
            Phase::Silent => true,
            Phase::Greeted => !may_be_long,
            Phase::Ready | Phase::Condemned => false,
        }
    }

    /// How many of the assigned tasks are begun when `claimed` is the last claimed ticket.
    fn begun(&self, claimed: u32) -> Result<u64, Misbehaved> {
        if claimed == self.last_ended {
            return Ok(0);
        }
        let mut before = 0;
        for sent in &self.assigned {
            let place = distance(sent.ticket, claimed);
            if place < sent.count {
                return Ok(before + u64::from(place) + 1);
            }
            before += u64::from(sent.count);
        }
        Err(Misbehaved)
    }

    /// Whether a task was begun, or has ended, when `claimed` is the last claimed ticket.
    pub(super) fn has_begun(&self, task: TaskId, claimed: u32) -> Result<bool, Misbehaved> {
        let begun = self.begun(claimed)?;
        Ok(!self.tasks().skip(begun as usize).any(|assigned| assigned == task))
    }

    /// Strikes out what is behind the ticket that is claimed, and returns it.
    pub(super) fn take_back(&mut self, claimed: u32) -> Result<Vec<TaskId>, Misbehaved> {
        let begun = self.begun(claimed)?;
        let taken = self.tasks().skip(begun as usize).collect();
        let mut left = begun;
        self.assigned.retain_mut(|sent| {
            sent.count = u64::from(sent.count).min(left) as u32;
            left -= u64::from(sent.count);
            sent.count > 0
        });
        Ok(taken)
    }

    fn tasks(&self) -> impl Iterator<Item = TaskId> {
        self.assigned.iter().flat_map(|sent| {
            let TaskId { call, index } = sent.task;
            (index..index + u64::from(sent.count)).map(move |index| TaskId { call, index })
        })
    }

    /// The ticket of a task that was given.
    pub(super) fn ticket_of(&self, task: TaskId) -> Option<u32> {
        self.assigned.iter().find_map(|sent| {
            let place = task.index.checked_sub(sent.task.index)?;
            let held = task.call == sent.task.call && place < u64::from(sent.count);
            held.then(|| next_after(sent.ticket, place as u32))
        })
    }

    /// The worker was stopped in this ticket.
    pub(super) fn freeze(&mut self, ticket: u32) {
        self.frozen = Some(ticket);
    }

    /// Nothing that the worker says counts any more.
    pub(super) fn condemn(&mut self) {
        self.phase = Phase::Condemned;
    }

    /// The tasks that were begun and not ended when `claimed` is the last claimed ticket.
    pub(super) fn claimed(&self, claimed: u32) -> Vec<TaskId> {
        // A worker that wrote nonsense into the claim may have begun anything that it was given.
        let begun = self.begun(claimed).unwrap_or(u64::MAX);
        self.tasks().take(usize::try_from(begun).unwrap_or(usize::MAX)).collect()
    }

    /// Takes in one thing that the worker says, with what came beside it. What was said in a row is told by [`tell`](Self::tell).
    pub(super) fn take_in(
        &mut self,
        frame: Frame<'_>,
        parts: Parts,
        clock: Clock,
        events: &mut Vec<WorkerEvent>,
    ) -> Result<(), Misbehaved> {
        if self.phase == Phase::Condemned {
            return Ok(());
        }
        let taken = if let Some(ended) = Ended::of(&frame) {
            self.ended(ended, frame.body, parts, clock, events)
        } else if let Ok(reply) = Reply::parse(frame) {
            self.tell(events);
            self.said(reply, clock).map(|event| events.extend(event))
        } else {
            Err(Misbehaved)
        };
        taken.inspect_err(|_| self.condemn())
    }

    /// Takes in, from the front of `bytes`, what a worker says most: that tasks have returned, one after the other. Leaves
    /// there what says anything else, or asks for more than to lengthen a row. [`take_in`](Self::take_in) does the same with
    /// each of them.
    pub(super) fn skim(&mut self, bytes: &mut &[u8]) {
        while self.skim_run(bytes) {}
    }

    /// Whether it took all that was left of a run.
    fn skim_run(&mut self, bytes: &mut &[u8]) -> bool {
        let Some(&Sent { ticket, task, count: most }) = self.assigned.front() else { return false };
        let follows = self.row.as_ref().is_none_or(|row| row.is_before(task));
        let some = follows && Ended::returned(ticket, bytes).is_some();
        if !some || self.phase != Phase::Ready || self.frozen.is_some() {
            return false;
        }
        let row = self.row.get_or_insert_with(|| Row { task, outputs: Batch::default() });
        let mut count = 0;
        while count < most
            && let Some((behind, len)) = Ended::returned(next_after(ticket, count), bytes)
        {
            row.outputs.push_first_of(behind, len);
            *bytes = &behind[len..];
            count += 1;
        }
        self.strike_out(count);
        count == most
    }

    /// So many of the first run have ended.
    fn strike_out(&mut self, count: u32) {
        let Some(sent) = self.assigned.front_mut() else { return };
        self.last_ended = next_after(sent.ticket, count - 1);
        self.once.ends(self.last_ended);
        self.untimed = self.untimed.saturating_add(count);
        sent.ticket = next_after(sent.ticket, count);
        sent.task.index += u64::from(count);
        sent.count -= count;
        if sent.count == 0 {
            self.assigned.pop_front();
        }
    }

    /// Anything but the end of a task.
    fn said(&mut self, reply: Reply, clock: Clock) -> Result<Option<WorkerEvent>, Misbehaved> {
        let worker = self.worker;
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
                Some(&Sent { ticket: first, task, .. })
                    if first == ticket && self.once.starts(ticket) =>
                {
                    Ok(Some(WorkerEvent::TaskStarted { worker, task, at: clock.time(at_ns) }))
                }
                _ => Err(Misbehaved),
            },
            (Phase::Ready, Reply::Grown { bytes }) => match self.assigned.front() {
                Some(&Sent { ticket, .. }) if self.once.grows(ticket) => {
                    Ok(Some(WorkerEvent::Grown { worker, bytes }))
                }
                _ => Err(Misbehaved),
            },
            (Phase::Ready, Reply::Skipped { ticket, count }) => {
                // One that was not taken back would be waited for in vain.
                let waited_for = self.is_waited_for(ticket, count);
                if waited_for || !self.once.skips(ticket, count, self.last_sent) {
                    Err(Misbehaved)
                } else {
                    Ok(Some(WorkerEvent::Stirs { worker }))
                }
            }
            _ => Err(Misbehaved),
        }
    }

    /// Whether one of these `count` tickets is of a task that has not ended.
    fn is_waited_for(&self, ticket: u32, count: u32) -> bool {
        let Some(first) = self.assigned.front() else { return false };
        // Tickets ascend from the first on, so of those that end behind `ticket` the first is the nearest.
        let after = |of: u32| distance(first.ticket, of);
        let before = |sent: &Sent| after(sent.ticket) + sent.count <= after(ticket);
        let nearest = self.assigned.get(self.assigned.partition_point(before));
        nearest.into_iter().chain([first]).any(|sent| {
            distance(sent.ticket, ticket) < sent.count || distance(ticket, sent.ticket) < count
        })
    }

    /// The end of a task: the first one that was given and has not ended, or nonsense.
    #[inline]
    fn ended(
        &mut self,
        Ended { ticket, verdict, span_ns }: Ended,
        output: Cow<'_, [u8]>,
        parts: Parts,
        clock: Clock,
        events: &mut Vec<WorkerEvent>,
    ) -> Result<(), Misbehaved> {
        if self.phase != Phase::Ready {
            return Err(Misbehaved);
        }
        if self.frozen == Some(ticket) {
            return Ok(());
        }
        let task = match self.assigned.front() {
            Some(sent) if sent.ticket == ticket => sent.task,
            _ => return Err(Misbehaved),
        };
        self.strike_out(1);
        let follows = |row: &Row| verdict == Verdict::Returned && row.is_before(task);
        if !self.row.as_ref().is_some_and(follows) {
            self.tell(events);
        }
        let row = self.row.get_or_insert_with(|| Row { task, outputs: Batch::default() });
        row.outputs.push_encoded(output, parts);
        // A span closes the row that it measured, and so does an end of another kind.
        if span_ns.is_some() || verdict != Verdict::Returned {
            let span = span_ns.map(|(started, ended)| {
                let ended = clock.time(ended);
                (clock.time(started).min(ended), ended)
            });
            self.tell_as(verdict, span, events);
        }
        Ok(())
    }

    /// Tells what has come in a row.
    pub(super) fn tell(&mut self, events: &mut Vec<WorkerEvent>) {
        self.tell_as(Verdict::Returned, None, events);
    }

    fn tell_as(
        &mut self,
        verdict: Verdict,
        span: Option<(Duration, Duration)>,
        events: &mut Vec<WorkerEvent>,
    ) {
        if let Some(Row { task, outputs }) = self.row.take() {
            let worker = self.worker;
            let took = span.map(|(started, ended)| {
                let each = (ended - started) / std::mem::take(&mut self.untimed).max(1);
                self.pace_ns = u64::try_from(each.as_nanos()).ok();
                each * outputs.len() as u32
            });
            let ended = WorkerEvent::TasksFinished { worker, task, outputs, verdict, span, took };
            events.push(ended);
        }
    }
}

#[cfg(test)]
mod tests;
