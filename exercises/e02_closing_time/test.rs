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
// By their names, so that an answer cannot put macros of its own in their place.
use std::{format, vec};

use exercises::checks::{self, NOTHING_LEFT};
use exercises::evidence::{Ending, Evidence, Press};
use exercises::exercise::Exercise;
use exercises::scene::{Check, Fault, Outcome, Paper, Scene, Until};
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
        vec![two_good_seasons(answer), a_refusal(answer), a_breakdown(answer), a_torn_page(answer)],
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
        // While the first of spring goes on, all others of spring have to begin.
        .keeping(0, Until::Begun(SPRING.len() - DESKS))
        .busy_for(SPRING.len() + AUTUMN.len())
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
            checks::one_lobby,
            nothing_kept,
            one_agency_a_season,
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

/// The way out by the first `?`: there are no analyses to publish.
fn a_torn_page(answer: Answer) -> Scene {
    Scene::new("torn-page", "a match had no analysis", DESKS, slips(&[SPRING]))
        .faults(&[(SPRING[4], Fault::Torn)])
        .play(move || answer(&SPRING).map(|()| Vec::new()))
        .checks(WORK)
        .checks(&[the_loss_is_told, no_desk_open_after_a_loss])
        .checks(NOTHING_LEFT)
        .fact(|_| "One page was torn: an error, and nothing was left behind.".to_owned())
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

fn one_agency_a_season(seen: &Evidence) -> Option<Finding> {
    [SPRING, AUTUMN].iter().find_map(|season| checks::not_too_many_for(seen, season))
}

fn the_loss_is_told(seen: &Evidence) -> Option<Finding> {
    let Ending::Returned(_) = seen.ending else { return None };
    let finding = Finding::new("loss-hidden", "One match is missing, and the season is in print.")
        .seen(format!(
            "the analysis of {} panicked, {} came to the press, and your function returned `Ok`.",
            seen.name(&seen.slips[4]),
            checks::analyses(seen.prints.len())
        ))
        .expected("without all analyses there is nothing to publish: the error of `map` is your function’s error.")
        .why("A season with a hole that nobody mentions is taken for a whole one.")
        .read(&["map", "closing-time"]);
    Some(finding)
}

fn the_refusal_is_passed_on(seen: &Evidence) -> Option<Finding> {
    let refused = seen.prints.iter().position(|p| p.press == Press::Refused);
    let after = refused.map_or(0, |at| seen.prints.len() - at - 1);
    let ending = match &seen.ending {
        Ending::Failed(e)
            if refused.is_some() && after == 0 && checks::repeats_the_press(seen, e) =>
        {
            return None;
        }
        Ending::Failed(e) if after == 0 && refused.is_some() => return Some(reworded(e)),
        Ending::Failed(e) if refused.is_none() => {
            format!("your function returned the error “{e}” before anything was refused.")
        }
        Ending::Panicked(words) => format!("your function {}.", checks::panicked(words)),
        Ending::Returned(_) if refused.is_none() => {
            "your function returned `Ok`, and too little came to the press to be refused."
                .to_owned()
        }
        Ending::Returned(_) if after == 0 => {
            "the editor refused the third, and your function returned `Ok`.".to_owned()
        }
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

fn reworded(error: &str) -> Finding {
    Finding::new("refusal-reworded", "The editor has said why, and Timothy has his own opinion.")
        .seen(format!(
            "your function returned the error “{error}”, and the editor had said something else."
        ))
        .expected("the error of `publish` comes back, in its own words.")
        .why("An error that is replaced takes along what it knew: which match it was, and why.")
        .read(&["closing-time"])
}

fn the_breakdown_is_not_hidden(seen: &Evidence) -> Option<Finding> {
    let broke = seen.prints.iter().position(|p| p.press == Press::Broke);
    let after = broke.map_or(0, |at| seen.prints.len() - at - 1);
    if after > 0 {
        return Some(printing_goes_on(after));
    }
    let how = match &seen.ending {
        Ending::Panicked(words) | Ending::Failed(words)
            if checks::repeats_the_press(seen, words) =>
        {
            return None;
        }
        Ending::Panicked(words) => checks::panicked(words),
        Ending::Failed(words) => format!("returned the error “{words}”"),
        _ => "returned `Ok`".to_owned(),
    };
    let finding =
        Finding::new("panic-hidden", "The press is on fire, and Timothy says that all went well.")
            .seen(format!("the press broke down, and your function {how}."))
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

fn printing_goes_on(after: usize) -> Finding {
    Finding::new("prints-on", "The press is on fire, and Timothy goes on printing.")
        .seen(format!("the press broke down over the third, and {after} more were brought to it."))
        .expected("when `publish` panics, nothing more goes to the press.")
        .why(
            "A panic says that something is broken of which nobody knows how badly. Whoever catches it in order to go on \
             works on with whatever is left of it.",
        )
        .read(&["closing-time"])
}

fn no_desk_open_after_a_loss(seen: &Evidence) -> Option<Finding> {
    let finding = Finding {
        check: "desks-open-after-loss".to_owned(),
        headline: "There was nothing to print, so Timothy left, and the lamps are on.".to_owned(),
        why: "The first `?` of a function is a way out as well, and the shortest. A guard that is put up behind it guards \
              the rest."
            .to_owned(),
        ..checks::no_desk_open(seen)?
    };
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
