//! The process in which a scene is played: it waits for the judge's word, calls the reader's
//! function, says how that ended, and stands still until it has been looked at. Must not judge
//! anything.

use std::any::Any;
use std::panic::{self, AssertUnwindSafe};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use nix::errno::Errno;
use nix::sched::{CpuSet, sched_getaffinity, sched_setaffinity};
use nix::sys::prctl;
use nix::sys::signal::Signal;
use nix::sys::wait::{Id, WaitPidFlag, waitid};
use nix::unistd::{Pid, getppid};

use crate::message::{Ending, Statement};
use crate::scene::Scene;
use crate::witness::Line;

/// Plays the scene, with a limit for each analysis; `judge` is the process that started us.
pub(crate) fn perform(scene: &Scene, limit: Duration, judge: i32) -> std::io::Result<()> {
    prctl::set_pdeathsig(Signal::SIGKILL)?;
    // The judge may have died before the line above took effect.
    if getppid().as_raw() != judge {
        return Ok(());
    }
    if !scene.on_all_cores {
        give_back_all_cores_but_one()?;
    }
    let Some(mut line) = Line::open()? else { return Ok(()) };
    line.ask(&Statement::Ready)?;
    let ending = play(scene, limit);
    line.ask(&Statement::Finished { ending, children: has_children() })?;
    Ok(())
}

fn give_back_all_cores_but_one() -> nix::Result<()> {
    let this = Pid::from_raw(0);
    let allowed = sched_getaffinity(this)?;
    let mut kept = CpuSet::new();
    let ours = (0..CpuSet::count()).filter(|&core| allowed.is_set(core).unwrap_or(false));
    let ours: Vec<usize> = ours.collect();
    // Not the same for all: several exercises may be graded at the same time.
    kept.set(ours[std::process::id() as usize % ours.len()])?;
    sched_setaffinity(this, &kept)
}

fn play(scene: &Scene, limit: Duration) -> Ending {
    let last_words = Arc::new(Mutex::new(String::new()));
    let heard = Arc::clone(&last_words);
    let usual = panic::take_hook();
    // Panics on other threads are the answer's own affair and are shown with what it printed.
    let main = std::thread::current().id();
    panic::set_hook(Box::new(move |info| {
        if std::thread::current().id() != main {
            return usual(info);
        }
        let message = message(info.payload()).unwrap_or("(no text)");
        let place =
            info.location().map(|l| format!(" ({}, line {})", file_name(l.file()), l.line()));
        *heard.lock().unwrap_or_else(|e| e.into_inner()) =
            format!("“{message}”{}", place.unwrap_or_default());
    }));
    let ending = panic::catch_unwind(AssertUnwindSafe(|| (scene.play)(limit)));
    let _ = panic::take_hook();
    ending.unwrap_or_else(|payload| {
        let words = last_words.lock().unwrap_or_else(|e| e.into_inner()).clone();
        // A panic that was caught and goes on passes no hook: what it says is all that there is.
        let carried = message(&*payload).map(|text| format!("“{text}”")).unwrap_or_default();
        Ending::Panicked(if words.is_empty() { carried } else { words })
    })
}

/// What a panic says, when it says something.
fn message(payload: &(dyn Any + Send)) -> Option<&str> {
    let text = payload.downcast_ref::<String>().map(String::as_str);
    text.or(payload.downcast_ref::<&str>().copied())
}

fn file_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// Asks the kernel without taking anything away: a zombie stays one.
fn has_children() -> bool {
    let flags = WaitPidFlag::WEXITED | WaitPidFlag::WNOHANG | WaitPidFlag::WNOWAIT;
    !matches!(waitid(Id::All, flags), Err(Errno::ECHILD))
}
