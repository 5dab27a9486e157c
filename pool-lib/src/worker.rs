//! The loop inside a worker process: take a request, run it, send the result.
//!
//! Must not know the pool: what it is asked, it does, in the order in which it is asked.

use std::io;
use std::os::fd::OwnedFd;

use crate::beside::Parts;
use crate::blob::keep_shared_values;
use crate::codec;
use crate::error::StartFailure;
#[cfg(test)]
use crate::fault::{self, Point};
use crate::sys::{
    Answer, Input, MemoryGauge, end_now, flush_output, identity, limit, monotonic_ns,
    outlive_termination, own_pid, pin_to_core, set_name,
};
use crate::task::{self, Function, Runnable, Verdict, capture_panics};
use crate::transport::{
    Claim, NewLink, Outgoing, Parcels, Refusal, Serve, Shared, Transport, earlier, next,
};
use crate::wire::{Ended, Frame, Reply, Request, RunRequest, Welcome};

mod output;
mod weight;
use output::Output;
use weight::Weight;

/// Tasks are timed together until they have taken this long, in nanoseconds, where nobody asks for the time of each and
/// others wait behind them: looking at a clock, and keeping books of it, costs as much as a short task does.
const TIMED_TOGETHER_NS: u64 = 20_000;
/// An output buffer that has grown beyond this is given back after the task, in bytes.
const KEPT: usize = 1 << 20;

/// Serves until the pool says that nothing more will come, or is gone; then ends the process.
pub(crate) fn serve(link: OwnedFd) -> ! {
    capture_panics();
    keep_shared_values();
    let link = NewLink::new(link);
    // The link stays open to the very end: its closing is how the pool learns of that, and a worker that
    // hangs up without ending is killed.
    let _open = link.keep_open();
    // An error means that the pool no longer listens: there is nobody to tell.
    let code = match serve_link(link) {
        Ok(()) => 0,
        Err(_) => 1,
    };
    // The process ends without the clean-up of std and C, so what a task printed is written here.
    flush_output();
    end_now(code)
}

fn serve_link(link: NewLink) -> io::Result<()> {
    #[cfg(test)]
    fault::at(Point::Hello, 0, &mut link.clone());
    link.greet(&Reply::hello(std::process::id(), identity()))?;
    let (frame, beside) = link.receive_first()?;
    let mut beside = beside.into_iter();
    let Ok(Request::Welcome(welcome)) = Request::parse(frame) else {
        return Err(io::ErrorKind::InvalidData.into());
    };
    let shared = Shared::open(beside.next().ok_or(io::ErrorKind::InvalidData)?)
        .inspect_err(|error| eprintln!("pool-lib: a worker cannot begin: {error}"))?;
    let parcels = Parcels::new(beside.next().ok_or(io::ErrorKind::InvalidData)?);
    let printing = match (welcome.capture, beside.next(), beside.next()) {
        (Some(secret), Some(out), Some(err)) => Output::redirected(secret, [out, err])?,
        _ => Output::inherited(),
    };
    let transport = if welcome.rings { Transport::Rings } else { Transport::Socket };
    let (mut incoming, mut replies) = link.open(transport, &shared, parcels.clone());
    let pid = own_pid();
    let settled = settle_in(&welcome);
    if own_pid() != pid {
        return Err(copied());
    }
    let weight = match settled {
        Ok(weight) => weight,
        Err(failure) => {
            replies.say(&Reply::failed(&failure))?;
            return Err(io::Error::other("this worker cannot work"));
        }
    };
    #[cfg(test)]
    fault::at(Point::Ready, 0, &mut replies);
    replies.say(&Reply::ready())?;
    let claim = Claim::new(shared.claim());
    let answer = Answer::default();
    incoming.serve(&mut Worker {
        claim,
        replies,
        parcels,
        answer,
        weight,
        printing,
        named: None,
        checked: None,
        since: None,
        carried_ns: 0,
        lone: false,
        pid,
    })
}

/// Does what the welcome says before the first task; returns what watches the worker's memory, if
/// somebody wants to know.
fn settle_in(welcome: &Welcome) -> Result<Option<Weight>, StartFailure> {
    if welcome.drained {
        outlive_termination();
    }
    if !welcome.name.is_empty() {
        set_name(&format!("{}-{}", welcome.name, welcome.worker.slot));
    }
    if let Some(core) = welcome.core {
        pin_to_core(core).map_err(|error| {
            StartFailure::Os(format!("the worker cannot be pinned to a core: {error}"))
        })?;
    }
    for &(resource, most) in &welcome.limits {
        limit(resource, most).map_err(|error| {
            let why =
                "a process may lower its limits, and raise them no higher than the program's own";
            StartFailure::Os(format!("the limit {resource:?} cannot be {most}: {error} ({why})"))
        })?;
    }
    // Opened before a task can take the last descriptor, or the view of /proc.
    let weight = match welcome.memory {
        Some(limit) => Some(Weight::new(
            MemoryGauge::new().map_err(|error| {
                StartFailure::Os(format!("the worker cannot measure its memory: {error}"))
            })?,
            limit,
        )),
        None => None,
    };
    if let Some(initializer) = welcome.initializer {
        initialize(initializer)?;
    }
    Ok(weight)
}

fn initialize(initializer: Function) -> Result<(), StartFailure> {
    let mut answer = Answer::default();
    let verdict = task::run(initializer, &mut Input::default(), &mut answer);
    // As after a task: what it printed shall not wait for one.
    flush_output();
    match verdict {
        Verdict::Returned => Ok(()),
        Verdict::Panicked => Err(match codec::decode(answer.bytes) {
            Ok(panic) => StartFailure::Panicked(panic),
            Err(why) => StartFailure::Os(why),
        }),
        other => Err(StartFailure::Os(format!(
            "the initializer cannot be run in the worker ({other:?})"
        ))),
    }
}

/// What a worker has and keeps from task to task.
struct Worker<'a> {
    claim: Claim<'a>,
    replies: Outgoing,
    parcels: Parcels,
    /// The next result.
    answer: Answer,
    weight: Option<Weight>,
    printing: Output,
    /// The function that was named last.
    named: Option<Function>,
    /// The function that was looked up last.
    checked: Option<(Function, Runnable)>,
    /// Since when its tasks are timed, in nanoseconds; `None` while it rests.
    since: Option<u64>,
    /// What was timed before a rest, and not told.
    carried_ns: u64,
    /// Whether what it ran last was all that was to be done.
    lone: bool,
    /// Its process.
    pid: u32,
}

impl Serve for Worker<'_> {
    fn take(&mut self, frame: Frame<'_>, more: bool) -> io::Result<()> {
        match Request::parse(frame) {
            Ok(Request::Run(run)) => self.run(run, more),
            _ => Err(io::ErrorKind::InvalidData.into()),
        }
    }

    fn rest(&mut self) -> io::Result<bool> {
        if let Some(since) = self.since.take() {
            self.carried_ns += monotonic_ns() - since;
        }
        // It also rests before its first task has come, and has nothing to release then.
        #[cfg(test)]
        let releases = self.claim.read().held;
        self.printing.write_out();
        // In this order: what is released is done, and done is what the pool can have.
        self.claim.release().map_err(|_| condemned())?;
        self.replies.announce();
        #[cfg(test)]
        if releases {
            fault::at(Point::Released, 0, &mut self.replies);
        }
        Ok(self.lone)
    }
}

impl Worker<'_> {
    /// `more` says that others wait behind this one.
    fn run(&mut self, mut run: RunRequest<'_>, more: bool) -> io::Result<()> {
        let function = run.function.or(self.named).ok_or(io::ErrorKind::InvalidData)?;
        self.named = Some(function);
        self.lone = run.lone;
        let runnable = self.look_up(function);
        let each = run.timed || run.announce || self.weight.is_some();
        let (announce, mut ticket) = (run.announce, run.ticket);
        // Taken in even if the task is not to be run: the next packet belongs to another.
        let mut parts = match run.beside {
            0 => Parts::new(),
            count => self.parcels.receive(ticket, count).ok_or(io::ErrorKind::UnexpectedEof)?,
        };
        let arguments = run.arguments();
        let (mut left, mut skipped) = (arguments.len(), 0);
        for argument in arguments {
            left -= 1;
            #[cfg(test)]
            fault::at(Point::Received, ticket, &mut self.replies);
            match self.claim.take(ticket) {
                Ok(()) => {
                    self.tell_of_skipped(ticket, std::mem::take(&mut skipped))?;
                    #[cfg(test)]
                    fault::at(Point::Claimed, ticket, &mut self.replies);
                    let started = self.begin();
                    if announce {
                        self.replies.say(&Reply::started(ticket, started))?;
                    }
                    #[cfg(test)]
                    fault::at(Point::Started, ticket, &mut self.replies);
                    self.printing.begin(ticket);
                    let beside = std::mem::take(&mut parts);
                    let mut input = Input { bytes: argument, beside };
                    let verdict = self.execute(runnable, &mut input);
                    drop(input);
                    if own_pid() != self.pid {
                        return Err(copied());
                    }
                    // Before the pool has a sign of its result.
                    self.printing.end(each || left == 0 || self.replies.shows_next());
                    let ended = (each || left == 0 || verdict != Verdict::Returned)
                        .then(monotonic_ns)
                        .filter(|ended| {
                            let long = ended - started >= TIMED_TOGETHER_NS;
                            each || !more || long || verdict != Verdict::Returned
                        });
                    if ended.is_some() {
                        // Where each is timed, and after a rest, waiting is no part of it.
                        self.since = ended.filter(|_| more && !each);
                    }
                    self.reply(ticket, verdict, ended.map(|ended| (started, ended)))?;
                    if left == 0 && !more {
                        // Somebody may be waiting for this one; what is left to do before the next can be done meanwhile.
                        self.replies.show();
                    }
                }
                Err(Refusal::TakenBack) => skipped += 1,
                Err(Refusal::Frozen) => return Err(condemned()),
            }
            ticket = next(ticket);
        }
        self.tell_of_skipped(ticket, skipped)
    }

    /// Says aloud that the `count` tasks before this ticket were not begun, because only the pool knows whether it did take
    /// them back.
    fn tell_of_skipped(&mut self, before: u32, count: u32) -> io::Result<()> {
        if count == 0 {
            return Ok(());
        }
        self.replies.say(&Reply::skipped(earlier(before, count), count))
    }

    /// When the first of the tasks began that are timed together: now, if this is the first.
    fn begin(&mut self) -> u64 {
        let carried_ns = &mut self.carried_ns;
        *self.since.get_or_insert_with(|| monotonic_ns() - std::mem::take(carried_ns))
    }

    /// The function behind a name. Looked up once for all tasks that name the same.
    fn look_up(&mut self, function: Function) -> Option<Runnable> {
        match self.checked {
            Some((last, runnable)) if last == function => Some(runnable),
            _ => {
                let runnable = task::look_up(function);
                self.checked = runnable.map(|runnable| (function, runnable));
                runnable
            }
        }
    }

    /// Runs one task; what comes of it stands in the answer.
    fn execute(&mut self, runnable: Option<Runnable>, argument: &mut Input<'_>) -> Verdict {
        self.answer.bytes.clear();
        let run = |runnable: Runnable| runnable.run(argument, &mut self.answer);
        runnable.map_or(Verdict::Unknown, run)
    }

    fn reply(
        &mut self,
        ticket: u32,
        verdict: Verdict,
        span_ns: Option<(u64, u64)>,
    ) -> io::Result<()> {
        // Said before the result, so that the pool knows it before it sends more tasks.
        if let (Some(weight), Some((started, ended))) = (&mut self.weight, span_ns)
            && let Some(bytes) = weight.after_task(started, ended)
        {
            self.replies.say(&Reply::grown(bytes))?;
        }
        let Answer { bytes, behind, beside } = &mut self.answer;
        let len = bytes.len() + behind.len();
        let header = Ended::header(ticket, verdict, span_ns, len, beside.len());
        if !beside.is_empty() {
            self.replies.send_beside(ticket, &std::mem::take(beside))?;
        }
        #[cfg(test)]
        if fault::in_result(ticket, &[&header[..], bytes, behind].concat(), &mut self.replies) {
            return Ok(());
        }
        self.replies.send(&header, bytes, behind)?;
        #[cfg(test)]
        fault::at(Point::Sent, ticket, &mut self.replies);
        if !behind.is_empty() {
            *behind = Vec::new();
        }
        if bytes.capacity() > KEPT {
            *bytes = Vec::new();
        }
        Ok(())
    }
}

/// The program's code has forked, and this is the copy, which has come back from there: were it to go on, two processes would
/// serve one link.
fn copied() -> io::Error {
    io::Error::other("this is a copy of a worker")
}

/// The pool has condemned this worker and is about to kill it; whatever it did now would be one thing
/// too many. It ends rather than waits: were the word damaged and the pool knew nothing of this, nobody
/// would come.
fn condemned() -> io::Error {
    io::Error::other("this worker is condemned")
}
