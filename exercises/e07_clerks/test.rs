//! Grades `e07_clerks`: processes hired by hand, all at the same time, each waited for. Must not know
//! how the answer keeps them, only who worked when and who is still there.

#[cfg_attr(feature = "solutions", path = "solution.rs")]
#[cfg_attr(not(feature = "solutions"), path = "exercise.rs")]
#[forbid(unsafe_code)]
#[allow(unreachable_pub)]
mod answer;

use std::process::ExitCode;
// By their names, so that an answer cannot put macros of its own in their place.
use std::{format, vec};

use exercises::checks::{self, NOTHING_LEFT};
use exercises::evidence::Evidence;
use exercises::exercise::Exercise;
use exercises::scene::{Outcome, Scene};
use exercises::season::Analysis;
use exercises::verdict::Finding;

/// What the reader writes.
pub type Answer = fn(&[u32]) -> Outcome<Vec<Analysis>>;

const ROUND: [u32; 6] = [9, 4, 12, 1, 7, 3];

/// The exercise, for one answer.
pub fn exercise(answer: Answer) -> Exercise {
    let slips = ROUND.iter().map(|&id| vec![id]).collect();
    let scene = Scene::new("round", "your function had returned", ROUND.len(), slips)
        .play(move || answer(&ROUND))
        .checks(&[
            checks::it_ended,
            checks::not_on_threads,
            checks::not_at_your_own_desk,
            checks::no_stranger,
            hired_by_hand,
            checks::nothing_missing,
            checks::each_only_once,
            checks::nothing_unasked,
            hired_before_asking,
            checks::it_returned,
            checks::under_a_seal,
            checks::signed_by_the_right_desk,
            nobody_is_forgotten,
            checks::in_order,
            everybody_is_waited_for,
        ])
        .checks(NOTHING_LEFT)
        .fact(|seen| {
            let (clerks, most) = (seen.workers().len(), seen.most_at_once);
            format!("{clerks} clerks, {most} at the same time, and a word with each of them.")
        });
    Exercise::new("e07_clerks", vec![scene])
}

/// Grades the answer in this directory.
pub fn main() -> ExitCode {
    exercise(answer::analyze_round).main()
}

fn hired_by_hand(seen: &Evidence) -> Option<Finding> {
    let run = seen.runs.iter().find(|run| !run.hired)?;
    let finding = Finding::new("not-hired", "Timothy was to do it by hand, and somebody else has done the hiring.")
        .seen(format!(
            "{} was analyzed by process {}, which your function did not get from `hire`.",
            seen.name(&run.slip),
            run.pid
        ))
        .expected("a clerk for each match, hired by your own process; there is no agency yet.")
        .why(
            "An agency makes this exercise one line long. What it does for you is what is to be learned here.",
        )
        .read(&["foreman"]);
    Some(finding)
}

fn hired_before_asking(seen: &Evidence) -> Option<Finding> {
    let most = seen.most_at_once;
    if most >= ROUND.len() {
        return None;
    }
    let finding = if most == 1 {
        Finding::new("one-clerk-at-a-time", "Six clerks on the payroll, and one chair in use.")
            .seen("1 clerk at work at a time: the next was hired when the one before had left.")
            .expected(format!("{} clerks at work at the same time.", ROUND.len()))
            .why(
                "To ask is to wait. Where one line hires and the next one asks, be it in a loop or \
                 in an iterator that nobody has collected, everybody waits for everybody.",
            )
    } else {
        Finding::new(
            "rows-of-clerks",
            "The clerks are let in by rows, and the house is half empty.",
        )
        .seen(format!("never more than {most} clerks at work at the same time."))
        .expected(format!("{} clerks at work at the same time.", ROUND.len()))
        .why(
            "A row lasts as long as its slowest. There are chairs for all six: hire all, then ask.",
        )
    };
    Some(finding.read(&["foreman"]))
}

fn nobody_is_forgotten(seen: &Evidence) -> Option<Finding> {
    let (back, due) = (seen.results().len(), ROUND.len());
    if back == due {
        return None;
    }
    let finding = Finding::new("clerk-forgotten", "One clerk was hired, did the work, and was never asked.")
        .seen(format!("{} clerks were at work, {back} analyses came back.", seen.workers().len()))
        .expected("one analysis for each clerk.")
        .why("What is counted by hand is miscounted one day. Whoever is hired in a loop is asked in a loop over the same list.")
        .read(&["foreman"]);
    Some(finding)
}

fn everybody_is_waited_for(seen: &Evidence) -> Option<Finding> {
    let found = checks::no_zombie(seen)?;
    let finding = Finding {
        check: "never-waited-for".to_owned(),
        why: "To read what a process has written is not to wait for it: at the end of its output it has nothing more \
              to say, and the kernel still keeps its place. In Rust a `Child` that is dropped is not waited for."
            .to_owned(),
        read: vec!["foreman".to_owned(), "closing-time".to_owned()],
        ..found
    };
    Some(finding)
}
