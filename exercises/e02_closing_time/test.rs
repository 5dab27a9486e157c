//! Grades `e02_closing_time`: whatever way the function is left, by its end, by a refusal or by a
//! panic, nothing of the agency may stay behind. Must not know how the answer closes it, only what
//! the kernel still shows afterward.

#[cfg_attr(feature = "solutions", path = "solution.rs")]
#[cfg_attr(not(feature = "solutions"), path = "exercise.rs")]
#[forbid(unsafe_code)]
#[allow(unreachable_pub)]
mod answer;

use std::collections::BTreeSet;
use std::process::ExitCode;

use exercises::checks::{self, NOTHING_LEFT};
use exercises::evidence::{Ending, Evidence, Press};
use exercises::exercise::Exercise;
use exercises::scene::{Check, Outcome, Paper, Scene};
use exercises::verdict::Finding;

/// What the reader writes.
pub type Answer = fn(&[u32]) -> Outcome<()>;

const DESKS: usize = 2;
/// Neither sorted nor the same backward.
const SPRING: [u32; 6] = [4, 1, 6, 3, 2, 5];
const AUTUMN: [u32; 6] = [9, 12, 7, 10, 8, 11];

/// The exercise, for one answer.
pub fn exercise(answer: Answer) -> Exercise {
    Exercise::new(
        "e02_closing_time",
        vec![two_good_seasons(answer), a_refusal(answer), a_breakdown(answer)],
    )
}

/// Grades the answer in this directory.
pub fn main() -> ExitCode {
    exercise(answer::publish_season).main()
}

const WORK: &[Check] = &[
    checks::it_ended,
    checks::not_on_threads,
    checks::not_at_your_own_desk,
    checks::no_stranger,
    checks::printed_at_home,
];

fn slips(seasons: &[[u32; 6]]) -> Vec<Vec<u32>> {
    seasons.iter().flatten().map(|&id| vec![id]).collect()
}

fn two_good_seasons(answer: Answer) -> Scene {
    let play = move || answer(&SPRING).and_then(|()| answer(&AUTUMN)).map(|()| Vec::new());
    Scene::new("seasons", "two seasons were in print", DESKS, slips(&[SPRING, AUTUMN]))
        .play(play)
        .checks(WORK)
        .checks(&[
            checks::it_returned,
            checks::nothing_missing,
            checks::each_only_once,
            checks::nothing_unasked,
            all_printed_in_order,
            checks::not_too_many_at_once,
            checks::enough_at_once,
            nothing_kept,
        ])
        .checks(NOTHING_LEFT)
        .fact(|seen| {
            format!("Two seasons, {} analyses printed, and nothing left behind.", seen.prints.len())
        })
}

fn a_refusal(answer: Answer) -> Scene {
    Scene::new("refusal", "the editor had refused one", DESKS, slips(&[SPRING]))
        .paper(Paper::RefusesNumber(3))
        .play(move || answer(&SPRING).map(|()| Vec::new()))
        .checks(WORK)
        .checks(&[the_refusal_is_passed_on, no_desk_open_after_a_refusal])
        .checks(NOTHING_LEFT)
        .fact(|_| "The editor refused the third, and nothing was left behind.".to_owned())
}

fn a_breakdown(answer: Answer) -> Scene {
    Scene::new("breakdown", "the press had broken down", DESKS, slips(&[SPRING]))
        .paper(Paper::BreaksAtNumber(3))
        .play(move || answer(&SPRING).map(|()| Vec::new()))
        .checks(WORK)
        .checks(&[the_breakdown_is_not_hidden, no_desk_open_after_a_breakdown])
        .checks(NOTHING_LEFT)
        .fact(|_| "The press broke down over the third, and nothing was left behind.".to_owned())
}

fn all_printed_in_order(seen: &Evidence) -> Option<Finding> {
    checks::printed_in_order(seen, &seen.slips)
}

/// The agency of one call is not the agency of the next.
fn nothing_kept(seen: &Evidence) -> Option<Finding> {
    let at_work = |season: &[u32]| -> BTreeSet<u32> {
        seen.runs.iter().filter(|r| season.contains(&r.slip[0])).map(|r| r.pid).collect()
    };
    let both: Vec<u32> = at_work(&SPRING).intersection(&at_work(&AUTUMN)).copied().collect();
    let first = both.first()?;
    let finding =
        Finding::new("desks-kept", "The agency has been kept for next season, with the lamps on.")
            .seen(format!(
                "process {first} worked for the first call and again for the second: the \
                 pool outlived both."
            ))
            .expected("each call opens an agency and closes it before it returns.")
            .why(
                "What lies in a `static` is never dropped, not even when the program ends: no \
                 line of yours will ever close it.",
            )
            .read(&["closing-time"]);
    Some(finding)
}

fn the_refusal_is_passed_on(seen: &Evidence) -> Option<Finding> {
    let refused = seen.prints.iter().position(|p| p.press == Press::Refused);
    let after = refused.map_or(0, |at| seen.prints.len() - at - 1);
    let ending = match &seen.ending {
        Ending::Failed(_) if refused.is_some() && after == 0 => return None,
        Ending::Failed(e) if refused.is_none() => {
            format!("your function returned the error “{e}” before anything was refused.")
        }
        Ending::Panicked(words) => format!("your function panicked: {words}."),
        Ending::Returned(_) => format!(
            "{after} more were brought to the press after the refusal, and your function \
             returned `Ok`."
        ),
        _ => format!("{after} more were brought to the press after the refusal."),
    };
    let finding = Finding::new("refusal-ignored", "The editor said no, and was not heard.")
        .seen(ending)
        .expected(
            "at the first refusal nothing more is printed, and the refusal comes back as \
             your function’s error.",
        )
        .why("An error that is dropped is an error that somebody else finds, later.")
        .read(&["closing-time"]);
    Some(finding)
}

fn the_breakdown_is_not_hidden(seen: &Evidence) -> Option<Finding> {
    let broke = seen.prints.iter().position(|p| p.press == Press::Broke);
    let after = broke.map_or(0, |at| seen.prints.len() - at - 1);
    let ended_badly = matches!(&seen.ending, Ending::Panicked(_) | Ending::Failed(_));
    if broke.is_some() && after == 0 && ended_badly {
        return None;
    }
    let how = if ended_badly { "did not return" } else { "returned `Ok`" };
    let finding =
        Finding::new("panic-hidden", "The press is on fire, and Timothy says that all went well.")
            .seen(format!(
                "the press broke down, {after} more were brought to it, and your \
                 function {how}."
            ))
            .expected(
                "a panic goes through to whoever called you, or becomes your function’s \
                 error.",
            )
            .why(
                "A destructor runs while a panic passes through; nobody has to catch it in order \
                 to clean up.",
            )
            .read(&["closing-time"]);
    Some(finding)
}

fn no_desk_open_after_a_refusal(seen: &Evidence) -> Option<Finding> {
    let finding = Finding {
        check: "desks-open-after-refusal".to_owned(),
        headline: "Timothy left by the side door, and the main door is still open.".to_owned(),
        why: "A `?` leaves the function at once: the lines that close the agency stand below it and never run. \
              A value that is dropped is dropped on every way out."
            .to_owned(),
        ..checks::no_desk_open(seen)?
    };
    Some(finding)
}

fn no_desk_open_after_a_breakdown(seen: &Evidence) -> Option<Finding> {
    let finding = Finding {
        check: "desks-open-after-panic".to_owned(),
        headline: "Everybody ran when the press blew up, and nobody locked the agency.".to_owned(),
        why: "A panic passes every line that you wrote, on every path, and stops at none. What it does not pass by \
              are destructors: let the agency be an ordinary value, and it closes itself."
            .to_owned(),
        ..checks::no_desk_open(seen)?
    };
    Some(finding)
}
