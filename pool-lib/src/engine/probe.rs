//! Whatever a worker says and claims, held against what it was sent.
//!
//! Must not be compiled into a program.

use std::collections::VecDeque;
use std::time::Duration;

use super::ledger::{Clock, Ledger, Misbehaved};
use crate::ids::{CallId, TaskId, WorkerId};
use crate::sys::identity;
use crate::task::Verdict;
use crate::transport::next_after;
use crate::wire::probe::Script;
use crate::wire::{Decoder, Ended, Frame, Reply, WorkerEvent};

const CLOCK: Clock = Clock { epoch_ns: 1000, now: Duration::from_nanos(500) };
const WORKER: WorkerId = WorkerId { slot: 1, generation: 2 };

/// A ledger, and beside it a plain list of what it must hold.
struct Books {
    ledger: Ledger,
    /// Sent; neither ended nor taken back.
    open: VecDeque<(u32, TaskId)>,
    /// Ended, and not told yet.
    untold: VecDeque<TaskId>,
    last_sent: u32,
    next_task: TaskId,
    /// The worker has broken the rules.
    condemned: bool,
    frozen: Option<TaskId>,
}

/// No task has two outcomes or one that nobody sent; what is taken back or blamed was open; what the worker says after it broke
/// the rules changes nothing.
pub(crate) fn ledger(bytes: &[u8]) {
    let mut script = Script(bytes);
    let mut books = Books {
        ledger: Ledger::new(WORKER, Duration::ZERO),
        open: VecDeque::new(),
        untold: VecDeque::new(),
        last_sent: 0,
        next_task: TaskId { call: CallId(0), index: 0 },
        condemned: false,
        frozen: None,
    };
    if script.byte() % 8 != 0 {
        books.hear(Reply::hello(1, identity()));
        books.hear(Reply::ready());
        assert!(!books.condemned);
    }
    while !script.is_empty() {
        match script.byte() % 10 {
            0 | 1 => books.enter(&mut script),
            2 => books.take_back(&mut script),
            3 => books.blame(&mut script),
            4 => books.freeze(&mut script),
            5 => {
                let mut events = Vec::new();
                books.ledger.tell(&mut events);
                books.check(events);
                assert!(books.untold.is_empty());
            }
            6 => {
                let bytes: Vec<_> =
                    (0..script.byte() % 8).flat_map(|_| books.reply(&mut script)).collect();
                books.hear_all(&bytes);
            }
            _ => {
                let bytes = books.reply(&mut script);
                books.hear(Decoder::default().next(&mut &bytes[..]).expect("a whole frame"));
            }
        }
        assert_eq!(books.ledger.is_busy(), !books.open.is_empty());
    }
    let mut events = Vec::new();
    books.ledger.tell(&mut events);
    books.check(events);
    assert!(books.untold.is_empty(), "what had ended was told");
    let left: Vec<_> = books.open.iter().map(|(_, task)| *task).collect();
    assert_eq!(books.ledger.claimed(next_after(books.last_sent, 1)), left);
}

impl Books {
    fn enter(&mut self, script: &mut Script<'_>) {
        let choice = script.byte();
        if choice.is_multiple_of(4) {
            self.next_task = TaskId { call: CallId(self.next_task.call.0 + 1), index: 0 };
        }
        let count = usize::from(choice / 4 % 8) + 1;
        assert_eq!(self.ledger.next_ticket(), next_after(self.last_sent, 1));
        let first = self.ledger.enter(self.next_task, count);
        assert_eq!(first, next_after(self.last_sent, 1));
        for _ in 0..count {
            self.last_sent = next_after(self.last_sent, 1);
            self.open.push_back((self.last_sent, self.next_task));
            self.next_task.index += 1;
        }
    }

    /// A ticket: one that is open, one that was, or any.
    fn ticket(&self, script: &mut Script<'_>) -> u32 {
        match script.byte() {
            255 => script.word() as u32,
            254 => self.last_sent,
            253 => next_after(self.last_sent, 1),
            252 => self.ledger.last_ended(),
            _ if self.open.is_empty() => self.last_sent,
            byte @ 200.. => self.open[usize::from(byte) % self.open.len()].0,
            _ => self.open[0].0,
        }
    }

    /// How many of the open tasks are begun, if the worker has claimed what it can.
    fn begun(&self, claimed: u32) -> Option<usize> {
        if claimed == self.ledger.last_ended() {
            return Some(0);
        }
        self.open.iter().position(|(ticket, _)| *ticket == claimed).map(|place| place + 1)
    }

    fn take_back(&mut self, script: &mut Script<'_>) {
        let claimed = self.ticket(script);
        let expected = self.begun(claimed).ok_or(Misbehaved).map(|begun| {
            self.open.split_off(begun).into_iter().map(|(_, task)| task).collect::<Vec<_>>()
        });
        assert_eq!(self.ledger.take_back(claimed), expected);
    }

    fn blame(&mut self, script: &mut Script<'_>) {
        let claimed = self.ticket(script);
        let begun = self.begun(claimed);
        let blamed = self.ledger.claimed(claimed);
        let count = begun.unwrap_or(self.open.len());
        let expected: Vec<_> = self.open.iter().take(count).map(|(_, task)| *task).collect();
        assert_eq!(blamed, expected);
        for (place, (_, task)) in self.open.iter().enumerate() {
            let has_begun = begun.map(|begun| place < begun).ok_or(Misbehaved);
            assert_eq!(self.ledger.has_begun(*task, claimed), has_begun);
        }
    }

    fn freeze(&mut self, script: &mut Script<'_>) {
        let ticket = self.ticket(script);
        // The pool freezes a task that is open, and once.
        if let Some((_, task)) = self.open.iter().find(|(open, _)| *open == ticket)
            && self.frozen.is_none()
        {
            assert_eq!(self.ledger.ticket_of(*task), Some(ticket));
            self.ledger.freeze(ticket);
            self.frozen = Some(*task);
        }
    }

    /// A frame such as a worker sends, or anything.
    fn reply(&self, script: &mut Script<'_>) -> Vec<u8> {
        let choice = script.byte();
        let mut bytes = Vec::new();
        let simple = |frame: Frame<'_>| frame.header(0).to_vec();
        match choice % 8 {
            0 => {
                let (kind, flags) = (script.byte() % 32, script.byte() % 16);
                let ticket = self.ticket(script);
                let (a, b) = (script.word(), script.word());
                let frame = Frame { kind, flags, ticket, a, b, ..Frame::default() };
                bytes.extend_from_slice(&frame.header(usize::from(choice / 8)));
                bytes.resize(bytes.len() + usize::from(choice / 8), choice);
            }
            1 => bytes = simple(Reply::started(self.ticket(script), script.word())),
            2 if choice > 100 => {
                bytes = simple(Reply::skipped(self.ticket(script), script.byte().into()))
            }
            _ => {
                let verdict = Verdict::from_number(script.byte().saturating_sub(250));
                let times = script.byte();
                let span = match times % 4 {
                    0 => Some((script.word(), script.word())),
                    1 => Some((1000 + u64::from(times), 1200)),
                    _ => None,
                };
                let verdict = verdict.unwrap_or(Verdict::Returned);
                bytes.extend_from_slice(&Ended::header(self.ticket(script), verdict, span, 1, 0));
                bytes.push(choice);
            }
        }
        bytes
    }

    /// As a link hands it over: what the ledger does not take at a glance comes frame by frame.
    fn hear_all(&mut self, mut bytes: &[u8]) {
        let mut decoder = Decoder::default();
        loop {
            let before = bytes;
            self.ledger.skim(&mut bytes);
            let mut skimmed = &before[..before.len() - bytes.len()];
            while let Some(frame) = decoder.next(&mut skimmed) {
                let (ticket, task) = self.open.pop_front().expect("something was open");
                let ended = Ended { ticket, verdict: Verdict::Returned, span_ns: None };
                assert_eq!((Ended::of(&frame), frame.beside), (Some(ended), 0));
                assert!(!self.condemned && self.frozen.is_none());
                self.untold.push_back(task);
            }
            assert!(decoder.is_between_frames());
            match decoder.next(&mut bytes) {
                Some(frame) => self.hear(frame),
                None => return,
            }
        }
    }

    fn hear(&mut self, frame: Frame<'_>) {
        let ticket = frame.ticket;
        let first = self.open.front().copied();
        let mut events = Vec::new();
        let before = self.ledger.last_ended();
        let taken = self.ledger.take_in(frame, Vec::new(), CLOCK, &mut events);
        if self.condemned {
            assert_eq!(taken, Ok(()));
            assert!(events.is_empty(), "{events:?}");
        }
        self.condemned |= taken.is_err();
        if self.ledger.last_ended() != before {
            let (sent, task) = first.expect("something was open");
            assert_eq!((sent, self.ledger.last_ended()), (ticket, ticket));
            assert_ne!(self.frozen, Some(task), "its end was decided already");
            self.open.pop_front();
            self.untold.push_back(task);
        }
        self.check(events);
    }

    /// Events tell what has ended, in its order, and nothing else of tasks that are not open.
    fn check(&mut self, events: Vec<WorkerEvent>) {
        for event in events {
            match event {
                WorkerEvent::TasksFinished { worker, mut task, outputs, verdict, span, took } => {
                    assert_eq!(worker, WORKER);
                    assert!(verdict == Verdict::Returned || outputs.len() == 1);
                    assert!(outputs.len() > 0);
                    for _ in 0..outputs.len() {
                        assert_eq!(self.untold.pop_front(), Some(task));
                        task.index += 1;
                    }
                    if let Some((started, ended)) = span {
                        assert!(started <= ended && ended <= CLOCK.now);
                        assert!(took.is_some_and(|took| took <= ended - started));
                    }
                }
                WorkerEvent::TaskStarted { task, at, .. } => {
                    assert_eq!(self.open.front().map(|(_, open)| *open), Some(task));
                    assert!(at <= CLOCK.now);
                }
                WorkerEvent::Stirs { .. } | WorkerEvent::Grown { .. } => {}
                WorkerEvent::Started { .. } | WorkerEvent::Up { .. } => {}
                event => panic!("a worker cannot say {event:?}"),
            }
        }
    }
}
