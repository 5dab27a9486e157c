//! What a worker says to the pool, and what the pool makes of it.
//!
//! Must not know what follows from it.

use std::time::Duration;

use super::frame::Frame;
use crate::codec;
use crate::error::{StartFailure, WorkerExit};
use crate::ids::{TaskId, WorkerId};
use crate::task::Verdict;
use crate::trace::OutputStream;

const HELLO: u8 = 1;
const READY: u8 = 2;
const FAILED: u8 = 3;
const STARTED: u8 = 4;
const SKIPPED: u8 = 5;
const GROWN: u8 = 6;
/// The first of the kinds that end a task: this plus the verdict's number.
const FINISHED: u8 = 16;

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
    /// The task of this ticket was taken back, and so was not begun.
    Skipped { ticket: u32 },
    /// The worker has so much memory to itself, in bytes: more than it was asked to keep quiet about.
    Grown { bytes: u64 },
    /// The task of this ticket has ended.
    Finished { ticket: u32, verdict: Verdict, started_ns: u64, ended_ns: u64, output: Vec<u8> },
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
    /// It has ended this task.
    TaskFinished {
        worker: WorkerId,
        task: TaskId,
        verdict: Verdict,
        output: Vec<u8>,
        started: Duration,
        ended: Duration,
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
    pub(crate) fn hello(pid: u32, identity: u64) -> Frame {
        Frame { kind: HELLO, a: pid.into(), b: identity, ..Frame::default() }
    }

    pub(crate) fn ready() -> Frame {
        Frame { kind: READY, ..Frame::default() }
    }

    pub(crate) fn failed(failure: &StartFailure) -> Frame {
        let mut body = Vec::new();
        codec::encode(failure, &mut body).expect("a failure is only text");
        Frame { kind: FAILED, body, ..Frame::default() }
    }

    pub(crate) fn started(ticket: u32, at_ns: u64) -> Frame {
        Frame { kind: STARTED, ticket, a: at_ns, ..Frame::default() }
    }

    pub(crate) fn skipped(ticket: u32) -> Frame {
        Frame { kind: SKIPPED, ticket, ..Frame::default() }
    }

    pub(crate) fn grown(bytes: u64) -> Frame {
        Frame { kind: GROWN, a: bytes, ..Frame::default() }
    }

    /// Without its body: the output lies elsewhere.
    pub(crate) fn finished(ticket: u32, verdict: Verdict, started_ns: u64, ended_ns: u64) -> Frame {
        let kind = FINISHED + verdict as u8;
        Frame { kind, ticket, a: started_ns, b: ended_ns, ..Frame::default() }
    }

    pub(crate) fn parse(frame: Frame) -> Result<Self, String> {
        let Frame { kind, ticket, a, b, body, .. } = frame;
        let known = match kind {
            HELLO => u32::try_from(a).ok().map(|pid| Reply::Hello { pid, identity: b }),
            READY => Some(Reply::Ready),
            FAILED => Some(Reply::Failed(codec::decode(&body)?)),
            STARTED => Some(Reply::Started { ticket, at_ns: a }),
            SKIPPED => Some(Reply::Skipped { ticket }),
            GROWN => Some(Reply::Grown { bytes: a }),
            _ => kind.checked_sub(FINISHED).and_then(Verdict::from_number).map(|verdict| {
                Reply::Finished { ticket, verdict, started_ns: a, ended_ns: b, output: body }
            }),
        };
        known.ok_or_else(|| format!("no reply has the kind {kind}"))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn replies_survive_the_way() {
        let mut frame = Reply::finished(3, Verdict::Panicked, 10, 20);
        frame.body = vec![9];
        assert_eq!(
            Reply::parse(frame),
            Ok(Reply::Finished {
                ticket: 3,
                verdict: Verdict::Panicked,
                started_ns: 10,
                ended_ns: 20,
                output: vec![9]
            })
        );
        assert_eq!(Reply::parse(Reply::hello(5, 6)), Ok(Reply::Hello { pid: 5, identity: 6 }));
        assert_eq!(Reply::parse(Reply::ready()), Ok(Reply::Ready));
        assert_eq!(Reply::parse(Reply::skipped(4)), Ok(Reply::Skipped { ticket: 4 }));
        assert_eq!(Reply::parse(Reply::grown(7)), Ok(Reply::Grown { bytes: 7 }));
        assert_eq!(Reply::parse(Reply::started(1, 2)), Ok(Reply::Started { ticket: 1, at_ns: 2 }));
    }

    proptest! {
        #[test]
        fn any_frame_is_read_or_refused(kind: u8, ticket: u32, a: u64, b: u64, body: Vec<u8>) {
            let _ = Reply::parse(Frame { kind, flags: 0, ticket, a, b, body });
        }
    }
}
