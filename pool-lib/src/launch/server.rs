//! The fork server itself: a copy of the program with one thread, which forks a worker whenever it is asked to.
//!
//! Must not know anything that a worker does, except where its code begins.

use std::io;
use std::os::fd::{AsFd, OwnedFd};

use super::protocol::{PACKET, ServerReply, ServerRequest};
use crate::codec;
use crate::error::{RemotePanic, with_advice};
#[cfg(test)]
use crate::fault::{self, Point};
use crate::ids::WorkerId;
use crate::sys::{
    Answer, Forked, Input, die_with_parent, end_now, flush_output, fork_sibling, identity, own_pid,
    receive_with_descriptors, send_with_descriptors, several_cores,
};
use crate::task::{self, Function, Verdict, capture_panics};
use crate::worker;

/// Serves until the pool closes its end, then ends the process. `pool` is the process id of the
/// pool's program, which is the parent of this process and of every worker forked here.
pub(crate) fn serve_forks(control: OwnedFd, pool: u32) -> ! {
    capture_panics();
    know_beforehand();
    let code = match serve(&control, pool) {
        Ok(()) => 0,
        Err(_) => 1,
    };
    end_now(code)
}

/// What every worker would have to find out for itself is found out here, once.
fn know_beforehand() {
    identity();
    several_cores();
    // Gives std's standard output its buffer.
    flush_output();
}

fn serve(control: &OwnedFd, pool: u32) -> io::Result<()> {
    let mut packet = vec![0; PACKET];
    loop {
        let (len, descriptors) = match receive_with_descriptors(control.as_fd(), &mut packet) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            other => other?,
        };
        if len == 0 {
            return Ok(());
        }
        let request = codec::decode(&packet[..len]).map_err(io::Error::other)?;
        match (request, descriptors.into_iter().next()) {
            (ServerRequest::Begin { preload }, _) => {
                let own = own_pid();
                let panic = preload.and_then(run_preload);
                if own_pid() != own {
                    // A copy that `preload` made and that has come back from there: one server is enough.
                    return Ok(());
                }
                if let Some(panic) = panic {
                    reply(control, &ServerReply::Broken(panic), None)?;
                    return Ok(());
                }
                reply(control, &ServerReply::Serving, None)?;
            }
            (ServerRequest::Fork(worker), Some(link)) => fork(control, pool, worker, link)?,
            (ServerRequest::Fork(worker), None) => {
                let why = "the fork server has no descriptor left for its link (see `ulimit -n`)";
                reply(control, &ServerReply::Refused(worker, why.to_owned()), None)?;
            }
        }
    }
}

/// Runs the user's `preload`, and returns its panic if it has one.
fn run_preload(preload: Function) -> Option<RemotePanic> {
    let mut answer = Answer::default();
    let text = |message| Some(RemotePanic::new(message, None, String::new()));
    let verdict = task::run(preload, &mut Input::default(), &mut answer);
    // What is still in a buffer would be printed again by every worker.
    flush_output();
    match verdict {
        Verdict::Returned => None,
        Verdict::Panicked => match codec::decode::<RemotePanic>(&answer.bytes) {
            // Without the backtrace where both together would not fit into a packet.
            Ok(panic) if answer.bytes.len() > PACKET / 2 => text(panic.to_string()),
            Ok(panic) => Some(panic),
            Err(why) => text(why),
        },
        other => text(format!("preload cannot be run in the fork server ({other:?})")),
    }
}

fn fork(control: &OwnedFd, pool: u32, worker: WorkerId, link: OwnedFd) -> io::Result<()> {
    #[cfg(test)]
    fault::at_server(Point::Asked);
    match fork_sibling() {
        Ok(Forked::Child) => become_worker(control, pool, link),
        Ok(Forked::Parent { pid, pidfd }) => {
            #[cfg(test)]
            fault::at_server(Point::Forked);
            drop(link);
            reply(control, &ServerReply::Forked(worker, pid), Some(&pidfd))
        }
        Err(error) => reply(control, &ServerReply::Refused(worker, with_advice(&error)), None),
    }
}

fn become_worker(control: &OwnedFd, pool: u32, link: OwnedFd) -> ! {
    // The worker must not hold the server's end open: its closing is how the pool learns that the
    // server is gone. The value itself lives in a frame below that is never returned to.
    let _ = nix::unistd::close(std::os::fd::AsRawFd::as_raw_fd(control));
    // What this process was allowed when it began, its copy is allowed as well.
    if !die_with_parent(pool).unwrap_or(false) {
        end_now(0);
    }
    worker::serve(link)
}

fn reply(control: &OwnedFd, reply: &ServerReply, beside: Option<&OwnedFd>) -> io::Result<()> {
    let mut packet = Vec::new();
    codec::encode(reply, &mut packet).expect("a reply is plain data");
    let beside = beside.map(AsFd::as_fd);
    send_with_descriptors(control.as_fd(), &packet, beside.as_slice()).map(drop)
}
