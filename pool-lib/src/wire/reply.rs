//! What a worker says to the pool, and what the pool makes of it.
//!
//! Must not know what follows from it.

use std::borrow::Cow;
use std::time::Duration;

use super::frame::{Frame, Header, behind_short};
use crate::codec;
use crate::error::{StartFailure, WorkerExit};
use crate::ids::{TaskId, WorkerId};
use crate::task::{Batch, Verdict};
use crate::trace::OutputStream;

const HELLO: u8 = 1;
const READY: u8 = 2;
const FAILED: u8 = 3;
const STARTED: u8 = 4;
const SKIPPED: u8 = 5;
const GROWN: u8 = 6;
/// The first of the kinds that end a task: this plus the verdict's number.
const FINISHED: u8 = 16;
/// Flag of such a kind: it says how long it took, which holds for all tasks since the last that said so.
const TIMED: u8 = 1;

/// A message from a worker. Times are nanoseconds of `CLOCK_MONOTONIC`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Reply {
    /// The first word: who runs there, and which build.
    Hello { pid: u32, identity: u64 },
    /// The initializer has returned.
    Ready,
    /// It never will be ready; the worker ends.
    Failed(StartFailure),
    /// The function of this ticket is about to be entered.
    Started { ticket: u32, at_ns: u64 },
    /// So many tasks, from the one of this ticket on, were taken back, and so were not begun.
    Skipped { ticket: u32, count: u32 },
    /// The worker has so much memory to itself, in bytes: more than it was asked to keep quiet about.
    Grown { bytes: u64 },
}

/// What a worker says most, and what so is read before anything else: the task of this ticket has ended. The output is the
/// body of the frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Ended {
    pub(crate) ticket: u32,
    pub(crate) verdict: Verdict,
    /// When the first task began since the last reply with a span, and when this one ended.
    pub(crate) span_ns: Option<(u64, u64)>,
}

impl Ended {
    /// What such a frame says; `None` for any other.
    #[inline]
    pub(crate) fn of(frame: &Frame<'_>) -> Option<Self> {
        let verdict = frame.kind.checked_sub(FINISHED).and_then(Verdict::from_number)?;
        let span_ns = (frame.flags & TIMED != 0).then_some((frame.a, frame.b));
        Some(Self { ticket: frame.ticket, verdict, span_ns })
    }

    /// What stands behind the header of the first frame in `bytes`, and how much of that is the output, if it says of the
    /// task of this `ticket` that it has returned, and nothing else. `None` for any other.
    #[inline]
    pub(crate) fn returned(ticket: u32, bytes: &[u8]) -> Option<(&[u8], usize)> {
        behind_short(FINISHED + Verdict::Returned as u8, ticket, bytes)
    }

    /// The header of such a frame; the output stands behind it, `len` bytes long.
    #[inline]
    pub(crate) fn header(
        ticket: u32,
        verdict: Verdict,
        span_ns: Option<(u64, u64)>,
        len: usize,
        beside: usize,
    ) -> Header {
        let kind = FINISHED + verdict as u8;
        let flags = if span_ns.is_some() { TIMED } else { 0 };
        let (a, b) = span_ns.unwrap_or_default();
        let beside = u16::try_from(beside).expect("a table is short");
        Frame { kind, flags, beside, ticket, a, b, body: Cow::default() }.header(len)
    }
}

/// What an engine reports of a worker, wherever it lives. Times count from when the pool was built.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum WorkerEvent {
    /// The process exists and answered.
    Started { worker: WorkerId, pid: u32 },
    /// It takes tasks.
    Up { worker: WorkerId },
    /// It has read something, or passed over what was taken back: it runs.
    Stirs { worker: WorkerId },
    /// It has begun this task.
    TaskStarted { worker: WorkerId, task: TaskId, at: Duration },
    /// It has ended these tasks, one after the other: this one, and the following ones of its call.
    TasksFinished {
        worker: WorkerId,
        task: TaskId,
        /// One output for each task.
        outputs: Batch,
        /// Of all of them; if it is not `Returned`, there is one.
        verdict: Verdict,
        /// When the first task began since a span was told, and when the last of these ended, as far as it was measured.
        span: Option<(Duration, Duration)>,
        /// How long these took: their share of the span.
        took: Option<Duration>,
    },
    /// It has printed this line; so many bytes of it were too many.
    Output { worker: WorkerId, task: Option<TaskId>, stream: OutputStream, line: String, cut: u64 },
    /// It has so much memory to itself, in bytes.
    Grown { worker: WorkerId, bytes: u64 },
    /// It is gone and reaped. `claimed` are the tasks that it had begun and not ended: one, unless
    /// the worker broke the protocol. `failure` is why it never was ready.
    Down {
        worker: WorkerId,
        pid: Option<u32>,
        exit: WorkerExit,
        claimed: Vec<TaskId>,
        failure: Option<StartFailure>,
    },
}

impl Reply {
    pub(crate) fn hello(pid: u32, identity: u64) -> Frame<'static> {
        Frame { kind: HELLO, a: pid.into(), b: identity, ..Frame::default() }
    }

    pub(crate) fn ready() -> Frame<'static> {
        Frame { kind: READY, ..Frame::default() }
    }

    pub(crate) fn failed(failure: &StartFailure) -> Frame<'static> {
        let mut body = Vec::new();
        codec::encode(failure, &mut body).expect("a failure is only text");
        Frame { kind: FAILED, body: Cow::Owned(body), ..Frame::default() }
    }

    pub(crate) fn started(ticket: u32, at_ns: u64) -> Frame<'static> {
        Frame { kind: STARTED, ticket, a: at_ns, ..Frame::default() }
    }

    pub(crate) fn skipped(ticket: u32, count: u32) -> Frame<'static> {
        Frame { kind: SKIPPED, ticket, a: count.into(), ..Frame::default() }
    }

    pub(crate) fn grown(bytes: u64) -> Frame<'static> {
        Frame { kind: GROWN, a: bytes, ..Frame::default() }
    }

    /// Any but the end of a task.
    pub(crate) fn parse(frame: Frame<'_>) -> Result<Self, String> {
        let Frame { kind, ticket, a, b, body, .. } = frame;
        let known = match kind {
            HELLO => u32::try_from(a).ok().map(|pid| Reply::Hello { pid, identity: b }),
            READY => Some(Reply::Ready),
            FAILED => Some(Reply::Failed(codec::decode(body)?)),
            STARTED => Some(Reply::Started { ticket, at_ns: a }),
            SKIPPED => u32::try_from(a).ok().map(|count| Reply::Skipped { ticket, count }),
            GROWN => Some(Reply::Grown { bytes: a }),
            _ => None,
        };
        known.ok_or_else(|| format!("no reply has the kind {kind}"))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::frame::Decoder;
    use super::*;

    #[test]
    fn replies_survive_the_way() {
        for span_ns in [None, Some((10, 20))] {
            let verdict = Verdict::Panicked;
            let mut bytes = Ended::header(3, verdict, span_ns, 1, 0).to_vec();
            bytes.push(9);
            let frame = Decoder::default().next(&mut &bytes[..]).unwrap();
            assert_eq!(Ended::of(&frame), Some(Ended { ticket: 3, verdict, span_ns }));
            assert_eq!(frame.body, &[9][..]);
            assert!(Reply::parse(frame).is_err());
        }
        assert_eq!(Reply::parse(Reply::hello(5, 6)), Ok(Reply::Hello { pid: 5, identity: 6 }));
        assert_eq!(Reply::parse(Reply::ready()), Ok(Reply::Ready));
        let skipped = Reply::Skipped { ticket: 4, count: 3 };
        assert_eq!(Reply::parse(Reply::skipped(4, 3)), Ok(skipped));
        assert_eq!(Reply::parse(Reply::grown(7)), Ok(Reply::Grown { bytes: 7 }));
        assert_eq!(Reply::parse(Reply::started(1, 2)), Ok(Reply::Started { ticket: 1, at_ns: 2 }));
    }

    proptest! {
        #[test]
        fn any_frame_is_read_or_refused(kind in 0_u8..32, ticket: u32, a: u64, b: u64, body: Vec<u8>) {
            let body = Cow::Owned(body);
            let frame = Frame { kind, ticket, a, b, body, ..Frame::default() };
            prop_assert!(Ended::of(&frame).is_none() || Reply::parse(frame).is_err());
        }
    }
}
