//! The books about one worker, held against what a worker may say and what it may not.
//!
//! Must not know links: frames are made here.

use std::borrow::Cow;

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;
use crate::ids::CallId;
use crate::wire::Decoder;

const CLOCK: Clock = Clock { epoch_ns: 100, now: Duration::from_nanos(50) };
const WORKER: WorkerId = WorkerId { slot: 0, generation: 0 };

impl Ledger {
    /// As if so many tasks more had been sent, and all had ended.
    pub(in crate::engine) fn leap(&mut self, tasks: u32) {
        self.last_sent = next_after(self.last_sent, tasks);
        self.last_ended = self.last_sent;
        self.assigned.clear();
    }
}

/// A worker that is ready and was given tasks 1 to 4, with these tickets.
fn ready() -> Ledger {
    let mut ledger = Ledger::new(WORKER, Duration::ZERO);
    hear(&mut ledger, Reply::hello(1, identity())).unwrap();
    hear(&mut ledger, Reply::ready()).unwrap();
    assert_eq!(ledger.enter(task(1), 1), 1);
    assert_eq!(ledger.enter(task(2), 3), 2);
    ledger
}

fn task(index: u64) -> TaskId {
    TaskId { call: CallId(0), index }
}

fn hear(ledger: &mut Ledger, frame: Frame<'_>) -> Result<Vec<WorkerEvent>, Misbehaved> {
    let mut events = Vec::new();
    ledger.take_in(frame, Vec::new(), CLOCK, &mut events).map(|()| events)
}

fn finish(
    ledger: &mut Ledger,
    ticket: u32,
    span_ns: Option<(u64, u64)>,
) -> Result<Vec<WorkerEvent>, Misbehaved> {
    let mut bytes = Ended::header(ticket, Verdict::Returned, span_ns, 1, 0).to_vec();
    bytes.push(ticket as u8);
    hear(ledger, Decoder::default().next(&mut &bytes[..]).unwrap())
}

#[test]
fn what_was_not_asked_for_is_misbehaviour() {
    let new = || Ledger::new(WORKER, Duration::ZERO);
    assert_eq!(hear(&mut new(), Reply::ready()), Err(Misbehaved));
    assert_eq!(hear(&mut new(), Reply::hello(1, !identity())), Err(Misbehaved));
    assert_eq!(finish(&mut new(), 1, None), Err(Misbehaved));
    assert_eq!(hear(&mut ready(), Reply::ready()), Err(Misbehaved));
    for (ticket, count) in [(4, 1), (9, u32::MAX), (0, 2)] {
        assert_eq!(hear(&mut ready(), Reply::skipped(ticket, count)), Err(Misbehaved));
    }
    assert_eq!(hear(&mut ready(), Reply::skipped(9, 1)), Err(Misbehaved), "never given");
    assert_eq!(finish(&mut ready(), 2, None), Err(Misbehaved));
    assert_eq!(hear(&mut ready(), Reply::started(7, 0)), Err(Misbehaved));
    let unknown = Frame { kind: 31, body: Cow::default(), ..Frame::default() };
    let mut ledger = ready();
    assert_eq!(hear(&mut ledger, unknown), Err(Misbehaved));
    assert_eq!(finish(&mut ledger, 1, None), Ok(vec![]), "nothing that it says counts any more");
    assert!(ledger.row.is_none());
}

#[test]
fn what_puts_off_a_deadline_is_taken_once() {
    let mut ledger = ready();
    assert!(matches!(&hear(&mut ledger, Reply::started(1, 0)).unwrap()[..], [_]));
    assert_eq!(hear(&mut ledger, Reply::started(1, 0)), Err(Misbehaved));
    let mut ledger = ready();
    let grown = WorkerEvent::Grown { worker: WORKER, bytes: 5 };
    assert_eq!(hear(&mut ledger, Reply::grown(5)), Ok(vec![grown]));
    assert_eq!(hear(&mut ledger, Reply::grown(6)), Err(Misbehaved));
    let mut ledger = ready();
    assert_eq!(ledger.take_back(1), Ok(vec![task(2), task(3), task(4)]));
    let stirs = WorkerEvent::Stirs { worker: WORKER };
    assert_eq!(hear(&mut ledger, Reply::skipped(2, 3)), Ok(vec![stirs]));
    assert_eq!(hear(&mut ledger, Reply::skipped(2, 3)), Err(Misbehaved));
}

#[test]
fn results_in_a_row_are_told_together() {
    let mut ledger = ready();
    assert_eq!(finish(&mut ledger, 1, None), Ok(vec![]));
    assert_eq!(finish(&mut ledger, 2, None), Ok(vec![]));
    let events = finish(&mut ledger, 3, Some((110, 130))).unwrap();
    let [WorkerEvent::TasksFinished { task: first, outputs, span, .. }] = &events[..] else {
        panic!("{events:?}")
    };
    let ns = Duration::from_nanos;
    assert_eq!((*first, *span), (task(1), Some((ns(10), ns(30)))));
    let mut outputs = outputs.clone();
    for place in 0..3 {
        let output = outputs.read(place, |output| output.bytes.to_vec());
        assert_eq!(output, Some(vec![place as u8 + 1]));
    }
    finish(&mut ledger, 4, None).unwrap();
    let mut events = Vec::new();
    ledger.tell(&mut events);
    assert_eq!(events.len(), 1);
    assert!(!ledger.is_busy());
}

#[test]
fn a_span_is_shared_out_among_all_tasks_that_it_covers() {
    let mut ledger = ready();
    (1..=3).for_each(|ticket| drop(finish(&mut ledger, ticket, None).unwrap()));
    // The pool looks at this moment; these are told of without a time.
    ledger.tell(&mut Vec::new());
    let events = finish(&mut ledger, 4, Some((100, 140))).unwrap();
    let [WorkerEvent::TasksFinished { span, took, .. }] = &events[..] else { panic!("{events:?}") };
    let ns = Duration::from_nanos;
    assert_eq!((*span, *took), (Some((ns(0), ns(40))), Some(ns(10))), "four tasks took 40 ns");
    assert_eq!(ledger.pace_ns, Some(10));
}

#[test]
fn a_worker_cannot_bend_time() {
    let events = finish(&mut ready(), 1, Some((u64::MAX, 0))).unwrap();
    let WorkerEvent::TasksFinished { span, .. } = events[0] else { panic!("{events:?}") };
    assert_eq!(span, Some((Duration::ZERO, Duration::ZERO)));
}

#[test]
fn a_claim_divides_what_was_begun_from_what_was_not() {
    let mut ledger = ready();
    assert_eq!(ledger.claimed(0), []);
    assert_eq!(ledger.claimed(3), [task(1), task(2), task(3)]);
    assert_eq!(ledger.has_begun(task(2), 2), Ok(true));
    assert_eq!(ledger.has_begun(task(3), 2), Ok(false));
    assert_eq!(ledger.take_back(2), Ok(vec![task(3), task(4)]));
    assert_eq!((ledger.ticket_of(task(2)), ledger.ticket_of(task(3))), (Some(2), None));
    // Tickets are never given twice.
    assert_eq!(ledger.enter(task(3), 2), 5);
    assert_eq!(ledger.ticket_of(task(4)), Some(6));
    assert_eq!(ledger.take_back(0), Ok(vec![task(1), task(2), task(3), task(4)]));
}

#[test]
fn what_a_stopped_worker_says_of_its_task_comes_too_late() {
    let mut ledger = ready();
    ledger.freeze(1);
    assert_eq!(finish(&mut ledger, 1, Some((100, 110))), Ok(vec![]));
    assert_eq!(ledger.claimed(1), [task(1)]);
}

#[test]
fn a_claim_of_what_was_never_sent_is_misbehaviour() {
    let mut ledger = ready();
    assert_eq!(ledger.take_back(77), Err(Misbehaved));
    assert_eq!(ledger.claimed(77), [1, 2, 3, 4].map(task));
}

/// Tells a ledger of replies, as a link does, or frame by frame; what it made of them, and what is left of the books.
fn told(mut bytes: &[u8], at_a_glance: bool) -> (Vec<WorkerEvent>, Vec<TaskId>, bool) {
    let mut ledger = ready();
    assert_eq!(ledger.enter(task(5), 3), 5);
    assert_eq!(ledger.enter(TaskId { call: CallId(1), index: 0 }, 2), 8);
    let (mut events, mut decoder, mut well) = (Vec::new(), Decoder::default(), true);
    loop {
        if at_a_glance {
            ledger.skim(&mut bytes);
        }
        let Some(frame) = decoder.next(&mut bytes) else { break };
        well &= ledger.take_in(frame, Vec::new(), CLOCK, &mut events).is_ok();
    }
    ledger.tell(&mut events);
    (events, ledger.claimed(u32::MAX), well)
}

proptest! {
    #[test]
    fn what_is_taken_at_a_glance_is_what_frame_by_frame_comes_to(
        replies in vec((0_u32..9, 0_u8..12, vec(any::<u8>(), 0..40)), 0..14),
        cut in 0_usize..30,
    ) {
        let mut bytes = Vec::new();
        let mut ticket = 0;
        for (skip, how, output) in replies {
            // Mostly the next one, and mostly without more.
            ticket += if skip == 8 { 2 } else { 1 };
            let verdict = if how == 0 { Verdict::Panicked } else { Verdict::Returned };
            let span_ns = (how == 1).then_some((110, 120));
            bytes.extend_from_slice(&Ended::header(ticket, verdict, span_ns, output.len(), 0));
            bytes.extend_from_slice(&output);
        }
        bytes.truncate(bytes.len().saturating_sub(cut));
        prop_assert_eq!(told(&bytes, true), told(&bytes, false));
    }
}

#[test]
fn a_glance_takes_what_there_is_of_a_row_and_nothing_behind_it() {
    let mut ledger = ready();
    let mut bytes = Vec::new();
    for (ticket, span_ns) in [(1, None), (2, None), (3, Some((110, 120))), (4, None)] {
        bytes.extend_from_slice(&Ended::header(ticket, Verdict::Returned, span_ns, 1, 0));
        bytes.push(ticket as u8);
    }
    let mut rest = &bytes[..];
    ledger.skim(&mut rest);
    assert_eq!(bytes.len() - rest.len(), 2 * 9);
    assert_eq!((ledger.last_ended(), ledger.claimed(3)), (2, vec![task(3)]));
}

proptest! {
    #[test]
    fn a_ticket_is_waited_for_if_any_task_that_was_sent_has_it(
        start in prop_oneof![0_u32..40, (1_u32 << 31) - 40..1 << 31],
        runs in vec((1_usize..4, 0_u32..3), 0..12),
        (ticket, count) in (0_u32..80, prop_oneof![0_u32..30, any::<u32>()]),
    ) {
        let mut ledger = Ledger::new(WORKER, Duration::ZERO);
        ledger.last_sent = start;
        for (count, gap) in runs {
            ledger.last_sent = next_after(ledger.last_sent, gap);
            ledger.enter(task(0), count);
        }
        let ticket = next_after(start, ticket).wrapping_sub(20) % (1 << 31);
        let has = |sent: &Sent| {
            distance(sent.ticket, ticket) < sent.count || distance(ticket, sent.ticket) < count
        };
        prop_assert_eq!(ledger.is_waited_for(ticket, count), ledger.assigned.iter().any(has));
    }
}
