//! What the pool says to a worker.
//!
//! Must not know when it is said.

use serde::{Deserialize, Serialize};

use super::frame::Frame;
use super::lines::Secret;
use crate::codec;
use crate::ids::WorkerId;
use crate::sys::Resource;
use crate::task::Function;

const WELCOME: u8 = 1;
const RUN: u8 = 2;
/// Flag of a run: say when it starts, not only when it ends.
const ANNOUNCE: u8 = 1;

/// What a worker learns first. Beside it come the descriptor of its claim page and, if its output is
/// captured, those of the pipes for standard output and standard error.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Welcome {
    pub(crate) worker: WorkerId,
    /// The name for `ps`.
    pub(crate) name: String,
    pub(crate) initializer: Option<Function>,
    /// Which of the cores that this process may use it shall keep to.
    pub(crate) core: Option<u32>,
    /// The most that it may use, in the unit of each resource.
    pub(crate) limits: Vec<(Resource, u64)>,
    /// Print into the pipes, with marks that hold this.
    pub(crate) capture: Option<Secret>,
    /// Not to end by `SIGTERM`.
    pub(crate) drained: bool,
    /// Tell when its memory is above this, in bytes.
    pub(crate) memory: Option<u64>,
}

/// A message to a worker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Request {
    Welcome(Welcome),
    Run { ticket: u32, function: Function, announce: bool, argument: Vec<u8> },
}

impl Request {
    /// The frame of a welcome.
    pub(crate) fn welcome(welcome: &Welcome) -> Frame {
        let mut body = Vec::new();
        codec::encode(welcome, &mut body).expect("a welcome is plain data");
        Frame { kind: WELCOME, body, ..Frame::default() }
    }

    /// The frame of a run, without its body: the argument lies elsewhere.
    pub(crate) fn run(ticket: u32, function: Function, announce: bool) -> Frame {
        Frame {
            kind: RUN,
            flags: if announce { ANNOUNCE } else { 0 },
            ticket,
            a: function.offset,
            b: function.check,
            body: Vec::new(),
        }
    }

    pub(crate) fn parse(frame: Frame) -> Result<Self, String> {
        match frame.kind {
            WELCOME => Ok(Request::Welcome(codec::decode(&frame.body)?)),
            RUN => Ok(Request::Run {
                ticket: frame.ticket,
                function: Function { offset: frame.a, check: frame.b },
                announce: frame.flags & ANNOUNCE != 0,
                argument: frame.body,
            }),
            other => Err(format!("no request has the kind {other}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_survive_the_way() {
        let function = Function { offset: 5, check: 6 };
        let mut frame = Request::run(7, function, true);
        frame.body = vec![1, 2];
        let run = Request::Run { ticket: 7, function, announce: true, argument: vec![1, 2] };
        assert_eq!(Request::parse(frame), Ok(run));
        let welcome = Welcome {
            worker: WorkerId { slot: 1, generation: 2 },
            name: "analysis".into(),
            initializer: Some(function),
            core: None,
            limits: vec![(Resource::OpenFiles, 64)],
            capture: Some(Secret([9; 16])),
            drained: true,
            memory: Some(1 << 30),
        };
        assert_eq!(Request::parse(Request::welcome(&welcome)), Ok(Request::Welcome(welcome)));
    }
}
