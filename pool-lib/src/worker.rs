//! The loop inside a worker process: take a request, run it, send the result.
//!
//! Must not know the pool: what it is asked, it does, in the order in which it is asked.

use std::io;
use std::os::fd::OwnedFd;

use crate::codec;
use crate::error::StartFailure;
#[cfg(test)]
use crate::fault::{self, Point};
use crate::sys::{
    ClaimPage, MemoryGauge, end_now, flush_output, identity, limit, monotonic_ns,
    outlive_termination, pin_to_core, set_name,
};
use crate::task::{self, Function, Verdict, capture_panics};
use crate::transport::{Claim, Refusal, WorkerLink};
use crate::wire::{Reply, Request, Welcome};

mod output;
mod weight;
use output::Output;
use weight::Weight;

/// An output buffer that has grown beyond this is given back after the task, in bytes.
const KEPT: usize = 1 << 20;

/// Serves until the pool says that nothing more will come, or is gone; then ends the process.
pub(crate) fn serve(link: OwnedFd) -> ! {
    capture_panics();
    // The link stays open to the very end: its closing is how the pool learns of that, and a worker that
    // hangs up without ending is killed.
    let mut link = WorkerLink::new(link);
    // An error means that the pool no longer listens: there is nobody to tell.
    let code = match serve_link(&mut link) {
        Ok(()) => 0,
        Err(_) => 1,
    };
    // The process ends without the clean-up of std and C, so what a task printed is written here.
    flush_output();
    end_now(code)
}

fn serve_link(link: &mut WorkerLink) -> io::Result<()> {
    #[cfg(test)]
    fault::at(Point::Hello, 0, link);
    link.send(&Reply::hello(std::process::id(), identity()), &[])?;
    let (frame, beside) = link.receive_first()?;
    let mut beside = beside.into_iter();
    let Ok(Request::Welcome(welcome)) = Request::parse(frame) else {
        return Err(io::ErrorKind::InvalidData.into());
    };
    let page = ClaimPage::map(beside.next().ok_or(io::ErrorKind::InvalidData)?)?;
    let printing = match (welcome.capture, beside.next(), beside.next()) {
        (Some(secret), Some(out), Some(err)) => Output::redirected(secret, [out, err])?,
        _ => Output::inherited(),
    };
    let weight = match settle_in(&welcome) {
        Ok(weight) => weight,
        Err(failure) => {
            let frame = Reply::failed(&failure);
            link.send(&frame, &frame.body)?;
            return Err(io::Error::other("this worker cannot work"));
        }
    };
    #[cfg(test)]
    fault::at(Point::Ready, 0, link);
    link.send(&Reply::ready(), &[])?;
    let claim = Claim::new(page.word());
    let mut kept = Kept { output: Vec::new(), weight, printing };
    while let Some(frame) = link.receive() {
        match Request::parse(frame) {
            Ok(Request::Run { ticket, function, announce, argument }) => {
                let run = Run { ticket, function, announce, argument: &argument };
                run_one(link, &claim, run, &mut kept)?;
            }
            _ => return Err(io::ErrorKind::InvalidData.into()),
        }
    }
    Ok(())
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
    let mut output = Vec::new();
    let verdict = task::run(initializer, &[], &mut output);
    // As after a task: what it printed shall not wait for one.
    flush_output();
    match verdict {
        Verdict::Returned => Ok(()),
        Verdict::Panicked => Err(match codec::decode(&output) {
            Ok(panic) => StartFailure::Panicked(panic),
            Err(why) => StartFailure::Os(why),
        }),
        other => Err(StartFailure::Os(format!(
            "the initializer cannot be run in the worker ({other:?})"
        ))),
    }
}

/// What a worker keeps from task to task.
struct Kept {
    output: Vec<u8>,
    weight: Option<Weight>,
    printing: Output,
}

struct Run<'a> {
    ticket: u32,
    function: Function,
    announce: bool,
    argument: &'a [u8],
}

fn run_one(
    link: &mut WorkerLink,
    claim: &Claim<'_>,
    run: Run<'_>,
    kept: &mut Kept,
) -> io::Result<()> {
    #[cfg(test)]
    fault::at(Point::Received, run.ticket, link);
    match claim.take(run.ticket) {
        Ok(()) => {}
        // Said aloud, because only the pool knows whether it did take the task back.
        Err(Refusal::TakenBack) => return link.send(&Reply::skipped(run.ticket), &[]),
        Err(Refusal::Frozen) => return Err(condemned()),
    }
    #[cfg(test)]
    fault::at(Point::Claimed, run.ticket, link);
    let started = monotonic_ns();
    if run.announce {
        link.send(&Reply::started(run.ticket, started), &[])?;
    }
    let Kept { output, weight, printing } = kept;
    #[cfg(test)]
    fault::at(Point::Started, run.ticket, link);
    output.clear();
    printing.begin(run.ticket);
    let verdict = task::run(run.function, run.argument, output);
    // What the task printed shall be out before its result is.
    printing.end();
    let ended = monotonic_ns();
    // Said before the result, so that the pool knows it before it sends more tasks.
    if let Some(bytes) = weight.as_mut().and_then(|weight| weight.after_task(started, ended)) {
        link.send(&Reply::grown(bytes), &[])?;
    }
    let finished = Reply::finished(run.ticket, verdict, started, ended);
    #[cfg(test)]
    if fault::in_result(&finished, output, link) {
        return claim.release().map_err(|_| condemned());
    }
    link.send(&finished, output)?;
    #[cfg(test)]
    fault::at(Point::Sent, run.ticket, link);
    if output.capacity() > KEPT {
        *output = Vec::new();
    }
    claim.release().map_err(|_| condemned())?;
    #[cfg(test)]
    fault::at(Point::Released, run.ticket, link);
    Ok(())
}

/// The pool has condemned this worker and is about to kill it; whatever it did now would be one thing
/// too many. It ends rather than waits: were the word damaged and the pool knew nothing of this, nobody
/// would come.
fn condemned() -> io::Error {
    io::Error::other("this worker is condemned")
}
