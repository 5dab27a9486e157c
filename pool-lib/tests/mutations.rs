//! Proof that the simulation bites: each mistake of `mutations.txt` is put into a copy of the state machine, and the copy's
//! simulation must fail. A mistake that cannot be made any more, because its line has changed, fails as well.
//!
//! The copy is a crate of the pure modules alone, so a mistake costs seconds. Not part of a bare `cargo test`:
//! `cargo test -p pool-lib --test mutations`, with a part of a line behind `--` to try those mistakes only.
//!
//! (`cargo mutants` makes its mistakes itself, rebuilds all of the crate and its tests for each, and cannot tell those that
//! change nothing from those that go unnoticed.)
//!
//! Must not touch the sources themselves.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::resource::{Resource, setrlimit};

/// How many schedules may pass before a mistake shows.
const SCHEDULES: &str = "200000";
/// A machine that goes round in circles has to be noticed by the simulation: a limit here would catch a slow machine as well.
const LIMIT: Duration = Duration::from_secs(180);
/// And one that remembers each round would take all memory of the machine meanwhile. Compilers get along with less, in bytes.
const MEMORY: u64 = 4 << 30;

/// What of `src` makes up the copy.
const FILES: [&str; 12] = [
    "ids.rs",
    "error",
    "dispatcher/call.rs",
    "dispatcher/hand.rs",
    "dispatcher/input.rs",
    "dispatcher/member.rs",
    "dispatcher/state.rs",
    "dispatcher/state",
    "dispatcher/roster.rs",
    "dispatcher/turns.rs",
    "dispatcher/simulation.rs",
    "dispatcher/simulation",
];

const LIB: &str = "#![allow(warnings)]\nmod ids;\nmod error;\nmod dispatcher {\n    mod call;\n    mod hand;\n    mod input;\n    \
                   mod member;\n    mod roster;\n    mod state;\n    mod turns;\n    #[cfg(test)]\n    mod simulation;\n}\n";

const MANIFEST: &str = r#"[package]
name = "mutant"
edition = "2024"

[dependencies]
nix = { version = "*", default-features = false, features = ["signal"] }
serde = { version = "*", features = ["derive"] }

[profile.test]
opt-level = 1
debug = false

[workspace]
"#;

/// Where they begin.
const TESTS: &str = "#[cfg(test)]\nmod tests {";

struct Mistake {
    file: String,
    line: String,
    instead: String,
}

/// How the simulation took it.
#[derive(Debug, PartialEq, Eq)]
enum Verdict {
    Passed,
    Caught,
    DoesNotCompile,
    NotInTime,
}

fn main() -> ExitCode {
    // For all who are started here.
    setrlimit(Resource::RLIMIT_AS, MEMORY, MEMORY).expect("less than there was");
    let filter: Vec<String> = std::env::args().skip(1).filter(|a| !a.starts_with('-')).collect();
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    let text = fs::read_to_string(package.join("tests/mutations.txt")).expect("the list");
    let mistakes = parse(&text);
    assert!(mistakes.len() >= 50, "only {} mistakes are listed", mistakes.len());
    let chosen = mistakes.iter().filter(|m| filter.iter().all(|part| m.line.contains(part)));
    let chosen: Vec<&Mistake> = chosen.collect();
    let next = AtomicUsize::new(0);
    let tryers = thread::available_parallelism().map_or(1, usize::from).min(4);
    let escaped: usize = thread::scope(|scope| {
        let tryers = (0..tryers).map(|number| {
            let (next, chosen) = (&next, &chosen);
            let copy = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("mutations-{number}"));
            scope.spawn(move || {
                make_copy(package, &copy);
                assert_eq!(try_out(&copy), Verdict::Passed, "it fails without any mistake");
                let mine = || chosen.get(next.fetch_add(1, Ordering::Relaxed));
                std::iter::from_fn(mine).filter(|mistake| !is_caught(&copy, mistake)).count()
            })
        });
        let tryers: Vec<_> = tryers.collect();
        tryers.into_iter().map(|tryer| tryer.join().expect("it says why")).sum()
    });
    println!("{escaped} of {} went unnoticed", chosen.len());
    if escaped == 0 && !chosen.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Makes a mistake in the copy, for as long as it is tried, and says how that went.
fn is_caught(copy: &Path, Mistake { file, line, instead }: &Mistake) -> bool {
    let began = Instant::now();
    let path = copy.join("src/dispatcher").join(file);
    let whole = fs::read_to_string(&path).expect("a file of the copy");
    let found = match replaced(&whole, line, instead) {
        Some(changed) => {
            fs::write(&path, changed).expect("the copy can be changed");
            let verdict = try_out(copy);
            fs::write(&path, whole).expect("the copy can be changed");
            format!("{verdict:?}")
        }
        None => "the line does not stand there once".to_owned(),
    };
    let good = found == "Caught";
    let sign = if good { "  " } else { "! " };
    println!("{sign}{:5.1} s  {found}  {file}: {line}", began.elapsed().as_secs_f32());
    good
}

fn parse(text: &str) -> Vec<Mistake> {
    let lines = text.lines().filter(|line| !line.starts_with('#') && !line.is_empty());
    let lines: Vec<&str> = lines.collect();
    let part = |line: &str, sign: &str| {
        let part =
            line.strip_prefix(sign).unwrap_or_else(|| panic!("not a line of {sign:?}: {line}"));
        part.trim().to_owned()
    };
    let mistake = |lines: &[&str]| match lines {
        [file, line, instead] => {
            let file = (*file).to_owned();
            Mistake { file, line: part(line, "-"), instead: part(instead, "+") }
        }
        other => panic!("not a file, a line and another: {other:?}"),
    };
    lines.chunks(3).map(mistake).collect()
}

/// The text with that one line replaced; `None` unless it stands there exactly once.
fn replaced(text: &str, line: &str, instead: &str) -> Option<String> {
    let found = text.lines().filter(|found| found.trim() == line).count();
    let lines = text.lines().map(|found| if found.trim() == line { instead } else { found });
    (found == 1).then(|| lines.map(|line| format!("{line}\n")).collect())
}

/// Copies the pure modules, and makes a crate of them.
fn make_copy(package: &Path, copy: &Path) {
    let source = copy.join("src");
    if source.exists() {
        fs::remove_dir_all(&source).expect("our own folder");
    }
    for file in FILES {
        copy_all(&package.join("src").join(file), &source.join(file));
    }
    fs::write(source.join("lib.rs"), LIB).expect("our own folder");
    fs::write(copy.join("Cargo.toml"), MANIFEST).expect("our own folder");
    // The same versions as everywhere.
    fs::copy(package.join("../Cargo.lock"), copy.join("Cargo.lock")).expect("our own folder");
}

fn copy_all(from: &Path, to: &Path) {
    if from.is_dir() {
        let entries = fs::read_dir(from).expect("a folder of the sources").flatten();
        let names: Vec<PathBuf> = entries.map(|entry| entry.file_name().into()).collect();
        names.iter().for_each(|name| copy_all(&from.join(name), &to.join(name)));
    } else {
        fs::create_dir_all(to.parent().expect("a file has a folder")).expect("our own folder");
        let text = fs::read_to_string(from).expect("a file of the sources");
        // Without the tests of the modules themselves: what is on trial is the simulation.
        let text = text.split(TESTS).next().unwrap_or_default();
        fs::write(to, text).expect("our own folder");
    }
}

fn try_out(copy: &Path) -> Verdict {
    let cargo = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO"));
        command.args(["test", "--quiet", "--offline", "--lib"]).args(arguments).current_dir(copy);
        command.env("CARGO_TARGET_DIR", copy.join("target")).env("POOL_LIB_SCHEDULES", SCHEDULES);
        command.env("POOL_LIB_SEED", "1").env("RUST_BACKTRACE", "0").stdout(Stdio::null());
        command
    };
    if !cargo(&["--no-run"]).status().expect("cargo can be run").success() {
        return Verdict::DoesNotCompile;
    }
    let mut run = cargo(&["simulation"]).stderr(Stdio::null()).spawn().expect("cargo can be run");
    let until = Instant::now() + LIMIT;
    loop {
        match run.try_wait().expect("our own child") {
            Some(status) if status.success() => return Verdict::Passed,
            Some(_) => return Verdict::Caught,
            None if Instant::now() >= until => {
                run.kill().expect("our own child");
                run.wait().expect("our own child");
                return Verdict::NotInTime;
            }
            None => thread::sleep(Duration::from_millis(20)),
        }
    }
}
