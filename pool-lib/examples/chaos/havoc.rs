//! Kills and stops workers and fork servers, at random, as often as asked.
//!
//! Must not know tasks. Nothing is ever sent to a process by its number: it is held by a pidfd, and then looked at.

use std::fs;
use std::os::fd::OwnedFd;
use std::thread;
use std::time::{Duration, Instant};

use fastrand::Rng;
use pool_lib::Pool;
use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};

use crate::report::{Report, add};

/// The longest time for which a process stays stopped.
const LONGEST_STOP: Duration = Duration::from_millis(300);

/// Processes that were stopped, and when they are to go on, or to be killed instead.
type Stopped = Vec<(Instant, OwnedFd, bool)>;

/// Strikes `rate` times a second until told to stop; whoever is stopped by then goes on.
pub(crate) fn wreak(
    pool: &Pool,
    rate: f64,
    mut rng: Rng,
    report: &Report,
    go_on: impl Fn() -> bool,
) {
    let pause = Duration::from_secs_f64(1.0 / rate);
    let mut stopped = Stopped::new();
    let mut next = Instant::now();
    while go_on() {
        strike(pool, &mut rng, &mut stopped, report);
        release(&mut stopped, Instant::now(), report);
        next += pause;
        // After a time in which this thread did not run, the strikes that were missed are made up for.
        thread::sleep(next.saturating_duration_since(Instant::now()));
    }
    release(&mut stopped, Instant::now() + LONGEST_STOP, report);
}

fn strike(pool: &Pool, rng: &mut Rng, stopped: &mut Stopped, report: &Report) {
    let workers = pool.worker_pids();
    // Once in a while whoever else is our child: a fork server, or a worker that is not ready yet.
    let others = rng.u8(..10) == 0;
    let targets = match others {
        false => workers,
        true => children()
            .into_iter()
            .map(|(pid, _)| pid)
            .filter(|pid| !workers.contains(pid))
            .collect(),
    };
    let Some(process) = rng.choice(targets).and_then(hold) else { return };
    if rng.u8(..4) == 0 {
        if pidfd_send_signal(&process, Signal::STOP).is_ok() {
            add(&report.stops, 1);
            let until = Instant::now() + LONGEST_STOP.mul_f64(rng.f64());
            stopped.push((until, process, rng.bool()));
        }
    } else {
        let signal = if rng.u8(..5) == 0 { Signal::TERM } else { Signal::KILL };
        if pidfd_send_signal(&process, signal).is_ok() {
            add(if others { &report.server_kills } else { &report.kills }, 1);
        }
    }
}

fn release(stopped: &mut Stopped, now: Instant, report: &Report) {
    stopped.retain(|(until, process, kill)| {
        if *until > now {
            return true;
        }
        // Fails when it is gone, by a timeout for example.
        let sent = pidfd_send_signal(process, if *kill { Signal::KILL } else { Signal::CONT });
        if sent.is_ok() {
            add(if *kill { &report.kills } else { &report.continued }, 1);
        }
        false
    });
}

/// A hold on the process, if it is still a child of ours.
fn hold(pid: u32) -> Option<OwnedFd> {
    let number = Pid::from_raw(i32::try_from(pid).ok()?)?;
    let process = pidfd_open(number, PidfdFlags::empty()).ok()?;
    // Looked at after it is held: if it is our child now, what we hold is our child, or gone.
    parent_and_state(pid).is_some_and(|(parent, _)| parent == std::process::id()).then_some(process)
}

/// Our children, and what state they are in.
pub(crate) fn children() -> Vec<(u32, char)> {
    let own = std::process::id();
    let entries = fs::read_dir("/proc").expect("/proc").flatten();
    let pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    let child = |pid| {
        parent_and_state(pid).filter(|(parent, _)| *parent == own).map(|(_, state)| (pid, state))
    };
    pids.filter_map(child).collect()
}

fn parent_and_state(pid: u32) -> Option<(u32, char)> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // Behind the name, which may contain anything.
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace();
    let state = fields.next()?.chars().next()?;
    Some((fields.next()?.parse().ok()?, state))
}
