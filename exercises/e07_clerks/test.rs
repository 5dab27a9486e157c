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
            clerks_are_no_threads,
            clerks_do_the_work,
            checks::no_stranger,
            hired_by_hand,
            a_clerk_for_every_match,
            one_clerk_for_each,
            checks::nothing_unasked,
            hired_before_asking,
            checks::it_returned,
            checks::under_a_seal,
            checks::signed_by_the_right_desk,
            nobody_is_forgotten,
            in_the_order_of_the_list,
            everybody_is_waited_for,
            everybody_has_left,
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

/// What a shared check has found, in the words of those who hire by hand.
fn of_clerks(found: Finding, expected: &str, why: &str) -> Option<Finding> {
    let read = vec!["foreman".to_owned()];
    Some(Finding { expected: expected.to_owned(), why: why.to_owned(), read, ..found })
}

fn clerks_are_no_threads(seen: &Evidence) -> Option<Finding> {
    let why = "Threads share one memory, so one crash ends all of them. A clerk is a process, with a wall around it.";
    of_clerks(
        checks::not_on_threads(seen)?,
        "a clerk for each match, in a process of its own.",
        why,
    )
}

fn clerks_do_the_work(seen: &Evidence) -> Option<Finding> {
    let found = checks::not_at_your_own_desk(seen)?;
    let found = Finding {
        headline: "Timothy is doing the work himself, and six clerks wait to be hired.".to_owned(),
        ..found
    };
    let why = "A loop keeps one core busy, and a crash in one match takes your whole program with it. `hire` starts a process.";
    of_clerks(found, "each match analyzed by the clerk whom `hire` has started for it.", why)
}

fn a_clerk_for_every_match(seen: &Evidence) -> Option<Finding> {
    let missing = seen.slips.iter().filter(|slip| seen.times(slip) == 0);
    let (first, count) = (missing.clone().next()?, missing.count());
    let found =
        Finding::new("missing", "There was a match, and nobody was hired for it.").seen(format!(
            "{} of {} analyzed; for {} no clerk was at work.",
            ROUND.len() - count,
            ROUND.len(),
            seen.name(first)
        ));
    let why = "Results that are fewer than the matches look complete. Nobody misses what was never begun.";
    of_clerks(found, "a clerk for every match on the list, however long it is.", why)
}

fn one_clerk_for_each(seen: &Evidence) -> Option<Finding> {
    let found = checks::each_only_once(seen)?;
    let found =
        Finding { headline: "Two clerks have been hired for the same match.".to_owned(), ..found };
    let why = "Each clerk costs a process. What one of them does again, nobody needs, and somebody has to wait for it.";
    of_clerks(found, "one clerk for each match.", why)
}

fn in_the_order_of_the_list(seen: &Evidence) -> Option<Finding> {
    let why = "Results stand in the order in which you ask your clerks: ask them in the order in which they were hired.";
    of_clerks(
        checks::in_order(seen)?,
        "results in the order of the list, whoever was done first.",
        why,
    )
}

fn everybody_has_left(seen: &Evidence) -> Option<Finding> {
    let found = checks::no_desk_open(seen)?;
    let found = Finding {
        headline: "It is past closing time, and a clerk is still at work.".to_owned(),
        ..found
    };
    let why = "A clerk whose `Child` is dropped lives on: nobody has told him anything, and nobody will ask him any more.";
    of_clerks(found, "no process but your own.", why)
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
        why: "To read what a process has written is not to wait for it, nor is `kill`, nor a `try_wait` that came too early: it has ended, \
              and the kernel still keeps its place. In Rust a `Child` that is dropped is not waited for."
            .to_owned(),
        read: vec!["foreman".to_owned(), "closing-time".to_owned()],
        ..found
    };
    Some(finding)
}
