//! Misbehaviour to order: in this crate's own tests, a worker can be made to go wrong at an exact point.
//!
//! Compiled for those tests alone; nothing of it exists in a program. A plan is a folder, named by an environment
//! variable that workers inherit. Each file in it is one fault, called after the point at which it strikes, and the
//! first process that comes by uses it up.
//!
//! Must not know what the pool makes of it.

use std::env;
use std::fs;
use std::io::{self, Write};
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixStream};
use std::path::{Path, PathBuf};
use std::process::{self, Command};
use std::thread;

use nix::sys::signal::{SigSet, Signal, raise};
use serde::{Deserialize, Serialize};

use crate::codec;
use crate::sys::end_now;
use crate::task::Verdict;
use crate::transport::{Unruly, next};
use crate::wire::Ended;

/// Names the folder of the plan.
pub(crate) const PLAN: &str = "POOL_LIB_FAULTS";

/// Where a worker, or its fork server, can be struck.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Point {
    /// A worker has been started and has said nothing.
    Hello,
    /// It has said hello and been welcomed, and has not said that it is ready.
    Ready,
    /// It has received a task and not claimed it.
    Received,
    /// It has claimed the task, and not said so.
    Claimed,
    /// It is about to enter the task's function.
    Started,
    /// The result's frame is on its way, so many bytes of it.
    Result,
    /// The result has left, and the task is still claimed.
    Sent,
    /// The task is done with.
    Released,
    /// The fork server was asked for a worker.
    Asked,
    /// It has forked one, and told nobody.
    Forked,
}

/// What the struck process does.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) enum Deed {
    /// Kills itself.
    Die,
    /// Ends as if all were well.
    Exit,
    /// Stops, until somebody has it continue.
    Stop,
    /// Hears no signal that can be kept from it, and never goes on.
    Deafen,
    /// Closes its link, and lives on.
    HangUp,
    /// Says these bytes, and never goes on.
    Babble(Vec<u8>),
    /// Says that the task after its own has returned, and never goes on.
    AnswerForAnother,
    /// Writes so many bytes to its standard error, and goes on.
    Flood(usize),
    /// Starts a process that holds the link open, and kills itself. That process announces itself at a gate,
    /// says on the link whatever it is told there, and ends when it is let go.
    LeaveBehind(String),
}

/// One fault of a plan.
#[derive(Serialize, Deserialize)]
struct Fault {
    /// At [`Point::Result`]: how much of the frame is sent first, in bytes.
    cut: usize,
    deed: Deed,
}

/// A worker has come to `point`, with the task of `ticket` if it has one.
pub(crate) fn at(point: Point, ticket: u32, link: &mut dyn Unruly) {
    if let Some(Fault { deed, .. }) = take(point) {
        strike(deed, ticket, link);
    }
}

/// A worker is about to send a result. `true` if that has been done here.
pub(crate) fn in_result(ticket: u32, frame: &[u8], link: &mut dyn Unruly) -> bool {
    let Some(Fault { cut, deed }) = take(Point::Result) else { return false };
    let (first, rest) = frame.split_at(cut.min(frame.len()));
    link.say(first);
    strike(deed, ticket, link);
    link.say(rest);
    true
}

/// The fork server has come to `point`: it has no link, and so can do less.
pub(crate) fn at_server(point: Point) {
    match take(point).map(|fault| fault.deed) {
        None => {}
        Some(Deed::Die) => die(),
        Some(Deed::Exit) => end_now(0),
        Some(Deed::Stop) => raise(Signal::SIGSTOP).expect("a process may stop itself"),
        Some(other) => panic!("a fork server cannot {other:?}"),
    }
}

fn strike(deed: Deed, ticket: u32, link: &mut dyn Unruly) {
    match deed {
        Deed::Die => die(),
        Deed::Exit => end_now(0),
        Deed::Stop => raise(Signal::SIGSTOP).expect("a process may stop itself"),
        Deed::Deafen => {
            SigSet::all().thread_block().expect("signals can be blocked");
            never_go_on()
        }
        Deed::HangUp => {
            link.hang_up();
            never_go_on()
        }
        Deed::Babble(bytes) => {
            link.say(&bytes);
            never_go_on()
        }
        Deed::AnswerForAnother => {
            link.say(&Ended::header(next(ticket), Verdict::Returned, None, 0, 0));
            never_go_on()
        }
        Deed::Flood(bytes) => {
            // Fails where nobody reads it, and that is not what is tested.
            let _ = std::io::stderr().write_all(&vec![b'!'; bytes]);
        }
        Deed::LeaveBehind(gate) => {
            leave_behind(&gate, link);
            die()
        }
    }
}

fn die() -> ! {
    raise(Signal::SIGKILL).expect("a process may kill itself");
    unreachable!("nobody survives that")
}

fn never_go_on() -> ! {
    loop {
        thread::park();
    }
}

#[expect(
    clippy::zombie_processes,
    reason = "it is to outlive this process, which does not wait for anything"
)]
fn leave_behind(gate: &str, link: &dyn Unruly) {
    let address = SocketAddr::from_abstract_name(gate).expect("a gate's name is short");
    let mut control = UnixStream::connect_addr(&address).expect("the gate is open");
    let mut command = Command::new("cat");
    command.stdout(link.share()).stdin(std::os::fd::OwnedFd::from(control.try_clone().unwrap()));
    let child = command.spawn().expect("there is a program cat");
    let mut words = child.id().to_le_bytes().to_vec();
    words.extend(0_u64.to_le_bytes());
    control.write_all(&words).expect("the gate is open");
}

/// The fault that waits at `point`, if there is one and nobody was faster.
fn take(point: Point) -> Option<Fault> {
    take_from(&PathBuf::from(env::var_os(PLAN)?), point, |from, to| fs::rename(from, to))
}

/// `claim` moves a file, for one only of those who try.
fn take_from(
    plan: &Path,
    point: Point,
    claim: impl FnOnce(&Path, &Path) -> io::Result<()>,
) -> Option<Fault> {
    let (once, always) = (plan.join(once(point)), plan.join(always(point)));
    let mine = struck(plan, process::id());
    // Read first: as soon as it is renamed, the test may have seen and removed it.
    let bytes = match fs::read(&once) {
        Ok(bytes) if claim(&once, &mine).is_ok() => bytes,
        _ => fs::read(always).ok()?,
    };
    codec::decode(&bytes).ok()
}

fn once(point: Point) -> String {
    format!("{point:?}")
}

fn always(point: Point) -> String {
    format!("{point:?}-always")
}

fn struck(plan: &Path, pid: u32) -> PathBuf {
    plan.join(format!("struck-{pid}"))
}

/// A test's side of the folder.
pub(crate) struct Plan(PathBuf);

impl Plan {
    /// The plan of this process and its workers.
    pub(crate) fn of_this_process() -> Self {
        let folder = PathBuf::from(env::var_os(PLAN).expect("the plan's folder is named"));
        fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }

    /// The next to come to `point` does `deed`.
    pub(crate) fn once(&self, point: Point, deed: Deed) {
        self.write(once(point), &Fault { cut: 0, deed });
    }

    /// Everybody who comes to `point` does it, until [`clear`](Self::clear).
    pub(crate) fn always(&self, point: Point, deed: Deed) {
        self.write(always(point), &Fault { cut: 0, deed });
    }

    /// The next to send a result sends `cut` bytes of it, and then does `deed`.
    pub(crate) fn in_result(&self, cut: usize, deed: Deed) {
        self.write(once(Point::Result), &Fault { cut, deed });
    }

    fn write(&self, name: String, fault: &Fault) {
        let mut bytes = Vec::new();
        codec::encode(fault, &mut bytes).expect("a fault is plain data");
        // There at once, or not at all.
        let aside = self.0.join("aside");
        fs::write(&aside, bytes).unwrap();
        fs::rename(aside, self.0.join(name)).unwrap();
    }

    /// Who was struck since the last time this was asked; waits for nobody.
    pub(crate) fn struck(&self) -> Vec<u32> {
        let mut pids = Vec::new();
        for entry in fs::read_dir(&self.0).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap();
            if let Some(pid) = name.strip_prefix("struck-") {
                pids.push(pid.parse().unwrap());
                fs::remove_file(path).unwrap();
            }
        }
        pids
    }

    /// Nothing more is to go wrong.
    pub(crate) fn clear(&self) {
        for entry in fs::read_dir(&self.0).unwrap() {
            fs::remove_file(entry.unwrap().path()).unwrap();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_struck_knows_by_what_however_soon_it_is_seen() {
        let folder = env::temp_dir().join(format!("pool-lib-fault-{}", process::id()));
        fs::create_dir(&folder).unwrap();
        let plan = Plan(folder.clone());
        plan.once(Point::Started, Deed::Stop);
        let seen_at_once = |from: &Path, to: &Path| {
            fs::rename(from, to)?;
            assert_eq!(plan.struck(), [process::id()]);
            Ok(())
        };
        assert!(take_from(&folder, Point::Started, seen_at_once).is_some());
        assert!(take_from(&folder, Point::Started, seen_at_once).is_none());
        fs::remove_dir(folder).unwrap();
    }
}
