//! Plays every order of steps of the pool and a worker over the words of a ring (`transport::lane`, the file itself), and of
//! those who drive the pool by turns (`dispatcher::shared`, the file itself), as the memory model of the language allows
//! them, and then shows that no fence, no ordering and no call in these files can be spared.
//!
//! Must not copy the protocol: what is modelled beside it is the memory, the bell, and the loops of those who use it.

mod bell;
mod dispatcher;
mod error;
#[path = "../../src/transport/lane.rs"]
mod lane;
mod omit;
mod patience;
mod ring;
mod scenes;
mod sys;
mod word;

use std::env;
use std::process::{Command, ExitCode, exit};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use loom::model::Builder;

use omit::Line;

/// Something to play in all orders.
type Scene = fn();

/// What is expected of a scene.
struct Check {
    what: String,
    holds: bool,
    preemptions: usize,
    scene: Scene,
    /// A line that is left out.
    without: Option<Line>,
}

fn checks() -> Vec<Check> {
    let check = |holds| {
        move |&(what, preemptions, scene): &(&str, usize, Scene)| Check {
            what: what.to_owned(),
            holds,
            preemptions,
            scene,
            without: None,
        }
    };
    let all = scenes::ALL.iter().chain(&patience::ALL).chain(&dispatcher::scenes::ALL);
    let must_fail = patience::MUST_FAIL.iter().chain(&dispatcher::scenes::MUST_FAIL);
    let mut checks: Vec<_> = all.map(check(true)).chain(must_fail.map(check(false))).collect();
    let without = |scene_of: &str, preemptions, scene: Scene, (line, text): (Line, &str)| Check {
        what: format!("{scene_of}, without line {} of {}: {text}", line.1, line.0),
        holds: false,
        preemptions,
        scene,
        without: Some(line),
    };
    let one_way = |line| without("one way", 4, scenes::one_way::<1, 3>, line);
    let orderings: Vec<_> = word::orderings().map(one_way).collect();
    assert_eq!(orderings.len(), 8, "the orderings of lane.rs");
    let two_callers = |line| without("2 callers", 2, dispatcher::scenes::one_drives, line);
    let calls: Vec<_> = dispatcher::calls().map(two_callers).collect();
    assert_eq!(calls.len(), 3, "the calls of shared.rs");
    checks.extend(orderings.into_iter().chain(calls));
    checks
}

/// Plays a scene in every order with at most so many preemptions, and says in how many; ends the process at the first order
/// that goes wrong.
fn explore(check: &Check) {
    std::panic::set_hook(Box::new(|info| {
        let why = info.payload_as_str().unwrap_or_default();
        println!("fails: {}", why.trim().lines().next().unwrap_or_default());
        // Threads of a model that went wrong cannot be unwound one by one.
        exit(1);
    }));
    check.without.into_iter().for_each(omit::omit);
    let mut model = Builder::new();
    model.preemption_bound = Some(check.preemptions);
    model.max_branches = 20_000;
    let orders = Arc::new(AtomicU64::new(0));
    let (counted, scene) = (Arc::clone(&orders), check.scene);
    model.check(move || {
        counted.fetch_add(1, Ordering::Relaxed);
        scene();
    });
    println!("holds in {} orders", orders.load(Ordering::Relaxed));
}

/// Each check runs in a process of its own: this program again, with the number of the check.
fn main() -> ExitCode {
    let checks = checks();
    if let Some(number) = env::args().nth(1) {
        explore(&checks[number.parse::<usize>().expect("the number of a check")]);
        return ExitCode::SUCCESS;
    }
    let program = env::current_exe().expect("this program has a path");
    let mut as_expected = true;
    for (number, Check { what, holds, preemptions, .. }) in checks.iter().enumerate() {
        let began = Instant::now();
        let played =
            Command::new(&program).arg(number.to_string()).output().expect("it can be run again");
        let told = String::from_utf8_lossy(&played.stdout);
        let told = told.trim();
        let right = told.starts_with(if *holds { "holds" } else { "fails" });
        as_expected &= right;
        let verdict = if right { "ok" } else { "WRONG" };
        let seconds = began.elapsed().as_secs_f64();
        println!("{verdict:5} {what}\n      {told} ({preemptions} preemptions, {seconds:.1} s)");
    }
    if as_expected { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
