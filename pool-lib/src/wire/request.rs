//! What the pool says to a worker.
//!
//! Must not know when it is said.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::frame::Frame;
use super::lines::Secret;
use crate::codec;
use crate::ids::WorkerId;
use crate::sys::Resource;
use crate::task::Function;

const WELCOME: u8 = 1;
const RUN: u8 = 2;
/// A run beside which hardly anything is under way, so what comes next may well be waiting for its end.
const LONE_RUN: u8 = 3;
/// Flag of a run: say when each task starts, not only when it ends.
const ANNOUNCE: u8 = 1;
/// Flag of a run: say of each task how long it took, not only of all together.
const TIMED: u8 = 2;
/// Flag of a run: the body is a [`list`], not one argument.
const MANY: u8 = 4;
/// Flag of a run: the function is that of the run before, and not named again.
const SAME: u8 = 8;

/// What a worker learns first. Beside it come the descriptor of the memory that it shares with the pool and, if
/// its output is captured, those of the pipes for standard output and standard error.
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
    /// Whether all frames after this one go through the rings in the shared memory.
    pub(crate) rings: bool,
}

/// A message to a worker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Request<'a> {
    Welcome(Welcome),
    Run(RunRequest<'a>),
}

/// Consecutive tasks of one call, to be run one after the other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RunRequest<'a> {
    /// Of the first task; the others have those that follow.
    pub(crate) ticket: u32,
    /// `None`: that of the run before.
    pub(crate) function: Option<Function>,
    pub(crate) announce: bool,
    pub(crate) timed: bool,
    pub(crate) lone: bool,
    /// How many pieces of memory are sent beside it; then it has one argument.
    pub(crate) beside: u16,
    many: bool,
    body: Cow<'a, [u8]>,
}

impl<'a> Request<'a> {
    /// The frame of a welcome.
    pub(crate) fn welcome(welcome: &Welcome) -> Frame<'static> {
        let mut body = Vec::new();
        codec::encode(welcome, &mut body).expect("a welcome is plain data");
        Frame { kind: WELCOME, body: Cow::Owned(body), ..Frame::default() }
    }

    /// The frame of a run, without its body: the arguments lie elsewhere. The body is one argument,
    /// or with `many` a [`list`] and then the arguments one after the other. Without a `function` it is
    /// that of the run before.
    pub(crate) fn run(
        ticket: u32,
        function: Option<Function>,
        how: How,
        many: bool,
    ) -> Frame<'static> {
        let flag = |set: bool, flag: u8| if set { flag } else { 0 };
        let flags = flag(how.announce, ANNOUNCE)
            | flag(how.timed, TIMED)
            | flag(many, MANY)
            | flag(function.is_none(), SAME);
        let (a, b) = function.map_or((0, 0), |function| (function.offset, function.check));
        let kind = if how.lone { LONE_RUN } else { RUN };
        Frame { kind, flags, ticket, a, b, ..Frame::default() }
    }

    pub(crate) fn parse(frame: Frame<'a>) -> Result<Self, String> {
        match frame.kind {
            WELCOME => Ok(Request::Welcome(codec::decode(frame.body)?)),
            RUN | LONE_RUN => Ok(Request::Run(RunRequest {
                ticket: frame.ticket,
                function: (frame.flags & SAME == 0)
                    .then_some(Function { offset: frame.a, check: frame.b }),
                announce: frame.flags & ANNOUNCE != 0,
                timed: frame.flags & TIMED != 0,
                lone: frame.kind == LONE_RUN,
                beside: frame.beside,
                many: frame.flags & MANY != 0,
                body: frame.body,
            })),
            other => Err(format!("no request has the kind {other}")),
        }
    }
}

/// What the pool wants to hear of a run beside its results, and what it tells about it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct How {
    pub(crate) announce: bool,
    pub(crate) timed: bool,
    pub(crate) lone: bool,
}

/// What stands before the arguments of a run of many: how many there are and how long each is.
pub(crate) fn list(lens: impl ExactSizeIterator<Item = usize>, into: &mut Vec<u8>) {
    into.extend_from_slice(&number(lens.len()));
    lens.for_each(|len| into.extend_from_slice(&number(len)));
}

/// The length of a [`list`] of so many arguments, in bytes.
pub(crate) fn list_len(arguments: usize) -> usize {
    NUMBER * (1 + arguments)
}

const NUMBER: usize = size_of::<u32>();

fn number(count: usize) -> [u8; NUMBER] {
    u32::try_from(count).expect("runs of many are short").to_le_bytes()
}

impl RunRequest<'_> {
    /// The arguments in their order.
    /// One that is alone is handed over; to be asked for once.
    pub(crate) fn arguments(&mut self) -> impl ExactSizeIterator<Item = Cow<'_, [u8]>> {
        let mut only = (!self.many).then(|| std::mem::take(&mut self.body));
        let read = |bytes: &[u8; NUMBER]| u32::from_le_bytes(*bytes) as usize;
        let (lens, mut rest): (&[[u8; NUMBER]], &[u8]) = match self.body.split_first_chunk() {
            Some((count, rest)) if self.many => {
                let (lens, rest) = rest.split_at((read(count) * NUMBER).min(rest.len()));
                (lens.as_chunks().0, rest)
            }
            _ => (&[], &self.body),
        };
        let count = if self.many { lens.len() } else { 1 };
        (0..count).map(move |place| {
            if let Some(only) = only.take() {
                return only;
            }
            let len = lens.get(place).map_or(rest.len(), read).min(rest.len());
            let (argument, behind) = rest.split_at(len);
            rest = behind;
            Cow::Borrowed(argument)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(frame: Frame<'_>) -> RunRequest<'_> {
        match Request::parse(frame) {
            Ok(Request::Run(run)) => run,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn requests_survive_the_way() {
        let function = Function { offset: 5, check: 6 };
        let how = How { announce: true, timed: false, lone: true };
        for function in [Some(function), None] {
            let mut frame = Request::run(7, function, how, false);
            frame.body = Cow::Owned(vec![1, 2]);
            let mut run = parsed(frame);
            let read = (run.ticket, run.function, run.announce, run.timed, run.lone);
            assert_eq!(read, (7, function, true, false, true));
            assert_eq!(run.arguments().collect::<Vec<_>>(), [&[1, 2][..]]);
        }
        let welcome = Welcome {
            worker: WorkerId { slot: 1, generation: 2 },
            name: "analysis".into(),
            initializer: Some(function),
            core: None,
            limits: vec![(Resource::OpenFiles, 64)],
            capture: Some(Secret([9; 16])),
            drained: true,
            memory: Some(1 << 30),
            rings: true,
        };
        assert_eq!(Request::parse(Request::welcome(&welcome)), Ok(Request::Welcome(welcome)));
    }

    #[test]
    fn many_arguments_are_told_apart() {
        let function = Some(Function { offset: 5, check: 6 });
        let arguments: [&[u8]; 4] = [b"knight", b"", b"rook", b""];
        let mut body = Vec::new();
        list(arguments.iter().map(|argument| argument.len()), &mut body);
        assert_eq!(body.len(), list_len(4));
        arguments.iter().for_each(|argument| body.extend_from_slice(argument));
        let mut frame = Request::run(7, function, How::default(), true);
        frame.body = Cow::Owned(body);
        assert_eq!(parsed(frame).arguments().collect::<Vec<_>>(), arguments);
        // One argument needs no list, and may be empty.
        let frame = Request::run(7, function, How::default(), false);
        assert_eq!(parsed(frame).arguments().collect::<Vec<_>>(), [&b""[..]]);
    }
}
