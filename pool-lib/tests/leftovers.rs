//! What a pool leaves behind: nothing in its own process once it is dropped, and nothing in the machine
//! when its program is killed.
//!
//! Must not know how the pool does it. Each scenario looks at a whole process, so each runs in one of
//! its own: a copy of this binary that is told which.

#[path = "it/gate.rs"]
#[allow(dead_code, reason = "the scenarios need less of it than the tests it was made for")]
mod gate;
#[path = "leftovers/blobs.rs"]
mod blobs;
#[path = "leftovers/dropped.rs"]
mod dropped;
#[path = "leftovers/forked.rs"]
mod forked;
#[path = "leftovers/killed.rs"]
mod killed;
#[path = "leftovers/limits.rs"]
mod limits;
#[path = "leftovers/oom.rs"]
mod oom;
#[path = "leftovers/rivals.rs"]
mod rivals;
#[path = "leftovers/snapshot.rs"]
mod snapshot;
#[path = "leftovers/stepped.rs"]
mod stepped;
#[path = "leftovers/strangers.rs"]
mod strangers;
#[path = "it/watchdog.rs"]
mod watchdog;

use std::os::unix::process::parent_id;
use std::path::Path;
use std::process::{Command, Stdio};
use std::{env, fs};

use libtest_mimic::{Arguments, Failed, Trial};
use nix::sys::prctl;
use nix::sys::signal::Signal;
use pool_lib::{Pool, StartMethod};

/// Names the scenario that a copy of this binary is to play: `scenario::method`.
const SCENARIO: &str = "LEFTOVERS_SCENARIO";
/// What a scenario says that cannot be played on this machine; the reason follows.
const SKIPPED: &str = "skipped: ";
/// The process that started the copy.
const STARTER: &str = "LEFTOVERS_STARTER";

type Scenario = (&'static str, fn(StartMethod));

const METHODS: [(&str, StartMethod); 2] =
    [("fork_server", StartMethod::ForkServer), ("spawn", StartMethod::Spawn)];

fn main() {
    let scenarios = [
        blobs::SCENARIOS,
        dropped::SCENARIOS,
        forked::SCENARIOS,
        killed::SCENARIOS,
        stepped::SCENARIOS,
        limits::SCENARIOS,
        oom::SCENARIOS,
        rivals::SCENARIOS,
        strangers::SCENARIOS,
    ];
    let named = scenarios.concat().into_iter().flat_map(|(name, run)| {
        METHODS.map(|(suffix, method)| (format!("{name}::{suffix}"), run, method))
    });
    match env::var(SCENARIO) {
        Ok(wanted) => {
            die_with_starter();
            let found = named.chain(killed::parts()).find(|(name, ..)| *name == wanted);
            let (_, run, method) = found.unwrap_or_else(|| panic!("no scenario {wanted}"));
            run(method);
        }
        Err(_) => {
            let trials = named.map(|(name, ..)| trial(name)).collect();
            libtest_mimic::run(&Arguments::from_args(), trials).exit();
        }
    }
}

/// Has one scenario played, and takes what it says when it fails.
fn trial(name: String) -> Trial {
    let title: &'static str = name.clone().leak();
    Trial::test(name, move || {
        let mut outcome = Ok(());
        watchdog::guarded(title, || outcome = play(title));
        outcome
    })
}

fn play(name: &str) -> Result<(), Failed> {
    let folder = format!("leftovers-{}-{}", std::process::id(), name.replace("::", "-"));
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(folder);
    fs::create_dir(&folder)?;
    // Read to its end, which a process that is left behind would put off for ever.
    let output = copy_for(name).env("TMPDIR", &folder).output()?;
    fs::remove_dir_all(&folder)?;
    if output.status.success() {
        let said = String::from_utf8_lossy(&output.stdout);
        if let Some(why) = said.lines().find_map(|line| line.strip_prefix(SKIPPED)) {
            eprintln!("{name} was skipped: {why}");
        }
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    Err(format!("the scenario ended with {}\n{said}", output.status).into())
}

/// A copy of this binary that will play `name`.
fn copy_for(name: &str) -> Command {
    let mut command = Command::new(env::current_exe().unwrap());
    command.env(SCENARIO, name).env(STARTER, std::process::id().to_string()).stdin(Stdio::null());
    command
}

/// In a scenario: says for all to see that it has not been played, and why.
fn skipped(why: &str) {
    println!("{SKIPPED}{why}");
}

/// A scenario ends with its test, even when that is aborted.
fn die_with_starter() {
    prctl::set_pdeathsig(Some(Signal::SIGKILL)).unwrap();
    if env::var(STARTER).unwrap() != parent_id().to_string() {
        std::process::exit(1);
    }
}

fn pool(method: StartMethod, processes: usize) -> Pool {
    Pool::builder().start_method(method).processes(processes).build().unwrap()
}

fn double(n: u64) -> u64 {
    n * 2
}

/// In a task: waits at the gate.
fn held((gate, number): (String, u64)) -> u64 {
    gate::visit(&gate, number);
    number
}

/// How a scenario's name ends.
fn suffix(method: StartMethod) -> &'static str {
    METHODS.iter().find(|(_, one)| *one == method).unwrap().0
}
