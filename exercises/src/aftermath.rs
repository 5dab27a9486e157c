//! What is left when a scene is over, and clearing it away. Must not know what the scene was about.

use std::collections::HashMap;
use std::io;
use std::process::Child;
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::evidence::{Left, Leftovers};
use crate::family::{self, Onlooker};

/// How long the kernel may take to end and clear up what is ending.
const CLEARING_UP: Duration = Duration::from_secs(2);

/// What the subject had before it began.
pub(crate) struct Before {
    descriptors: HashMap<String, String>,
    threads: usize,
}

impl Before {
    pub(crate) fn of(subject: u32) -> Before {
        Before { descriptors: family::descriptors(subject), threads: family::threads(subject) }
    }
}

/// Between two looks at what is left.
const PAUSE: Duration = Duration::from_millis(5);

/// Looks until nothing is left, or until what is left has had its time: counted in looks, because on a busy machine
/// whoever clears up waits as long as who looks.
pub(crate) fn look_for_leftovers(
    before: &Before,
    subject: u32,
    onlooker: &mut Onlooker,
) -> Leftovers {
    let mut looks = CLEARING_UP.as_millis() / PAUSE.as_millis();
    loop {
        let judge = std::process::id();
        let family = onlooker.look();
        family::bury_orphans(&family, judge, subject);
        let mut left = Leftovers {
            threads: family::threads(subject).saturating_sub(before.threads),
            ..Leftovers::default()
        };
        for process in family.into_iter().filter(|p| p.pid != subject) {
            let orphan = process.parent == judge;
            let (zombie, pid) = (process.is_zombie(), process.pid);
            let entry = Left { pid, parent: process.parent, name: process.name };
            match zombie {
                false => left.alive.push(entry),
                true if !orphan => left.zombies.push(entry),
                true => {}
            }
        }
        let new = family::descriptors(subject).into_iter();
        let new = new.filter(|(number, target)| before.descriptors.get(number) != Some(target));
        left.descriptors = new.map(|(_, target)| target).collect();
        left.descriptors.sort();
        let none = left.alive.is_empty() && left.zombies.is_empty() && left.threads == 0;
        if (none && left.descriptors.is_empty()) || looks == 0 {
            return left;
        }
        looks -= 1;
        thread::sleep(PAUSE);
    }
}

/// Waits for the end of the subject, and not for ever: a pool that was never closed may keep its own program from it.
pub(crate) fn wait_for(subject: &mut Child) -> io::Result<()> {
    let until = Instant::now() + CLEARING_UP;
    while subject.try_wait()?.is_none() {
        if Instant::now() > until {
            subject.kill()?;
            subject.wait()?;
            return Ok(());
        }
        thread::sleep(Duration::from_millis(1));
    }
    Ok(())
}

/// Ends whatever is still below us. Only descendants are killed, and a process that is ours to wait
/// for cannot have given its number away.
pub(crate) fn clear_the_stage(onlooker: &mut Onlooker) {
    let judge = std::process::id();
    let until = Instant::now() + CLEARING_UP;
    loop {
        let family = onlooker.look();
        if family.is_empty() || Instant::now() > until {
            return;
        }
        for process in family.iter().filter(|p| !p.is_zombie()) {
            let _ = kill(Pid::from_raw(process.pid as i32), Signal::SIGKILL);
        }
        family::bury_orphans(&family, judge, 0);
        thread::sleep(Duration::from_millis(1));
    }
}
