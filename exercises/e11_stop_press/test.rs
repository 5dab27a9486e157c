//! Grades `e11_stop_press`: who is free takes the next match, and when the press says no, nobody waits
//! for what is still on the desks or in the lobby. Must not know how the answer closes its agency, only
//! what goes on after the no.

#[cfg_attr(feature = "solutions", path = "solution.rs")]
#[cfg_attr(not(feature = "solutions"), path = "exercise.rs")]
#[forbid(unsafe_code)]
#[allow(unreachable_pub)]
mod answer;

use std::process::ExitCode;
// By their names, so that an answer cannot put macros of its own in their place.
use std::{format, matches, vec};

use exercises::checks::{self, NOTHING_LEFT};
use exercises::evidence::{Ending, Evidence, Press};
use exercises::exercise::Exercise;
use exercises::scene::{Check, Outcome, Paper, Scene, Until};
use exercises::verdict::Finding;

/// What the reader writes.
pub type Answer = fn(&[u32]) -> Outcome<()>;

const DESKS: usize = 3;
const MATCHES: [u32; 11] = [8, 3, 17, 5, 12, 1, 14, 9, 2, 16, 6];
const OTHERS: usize = MATCHES.len() - 1;
/// The analysis over which the evening ends.
const LAST: usize = 4;

/// Whoever waits for this one waits in vain, however much of the list was done before the no.
const NEVER: Until = Until::Printed(usize::MAX);

/// The exercise, for one answer.
pub fn exercise(answer: Answer) -> Exercise {
    let scenes = vec![an_evening(answer), a_refusal(answer), a_breakdown(answer)];
    Exercise::new("e11_stop_press", scenes)
}

/// Grades the answer in this directory.
pub fn main() -> ExitCode {
    exercise(answer::print_until_stopped).main()
}

const WORK: &[Check] = &[
    checks::it_ended,
    checks::not_on_threads,
    checks::not_at_your_own_desk,
    checks::no_stranger,
    checks::printed_at_home,
];

fn scene(name: &'static str, moment: &'static str, answer: Answer) -> Scene {
    let slips = MATCHES.iter().map(|&id| vec![id]).collect();
    Scene::new(name, moment, DESKS, slips)
        .play(move || answer(&MATCHES).map(|()| Vec::new()))
        .checks(WORK)
}

/// A match ends when all others are in print.
fn an_evening(answer: Answer) -> Scene {
    scene("evening", "everything was in print", answer)
        // The third of those that begin first, so that two before it can be printed in any case.
        .keeping(DESKS - 1, Until::Printed(OTHERS))
        .busy_for(MATCHES.len())
        .checks(&[
            checks::it_returned,
            checks::nothing_missing,
            checks::each_only_once,
            checks::nothing_unasked,
            checks::not_too_many,
            checks::enough_at_once,
            no_piles,
            something_is_printed,
            nobody_is_held_up,
            all_are_printed,
        ])
        .checks(NOTHING_LEFT)
        .fact(|seen| {
            format!("{} in print, {OTHERS} of them before the longest was done.", seen.prints.len())
        })
}

fn a_refusal(answer: Answer) -> Scene {
    scene("refusal", "the editor had said no", answer)
        .paper(Paper::RefusesNumber(LAST))
        .keeping(DESKS - 1, NEVER)
        .stopped_by_the_press()
        .checks(&[nothing_after_the_no, nobody_is_waited_for, the_no_is_passed_on])
        .checks(NOTHING_LEFT)
        .fact(|_| "The editor said no, and everybody went home from where he sat.".to_owned())
}

fn a_breakdown(answer: Answer) -> Scene {
    scene("breakdown", "the press had broken down", answer)
        .paper(Paper::BreaksAtNumber(LAST))
        .keeping(DESKS - 1, NEVER)
        .stopped_by_the_press()
        .checks(&[
            the_breakdown_is_not_hidden,
            nobody_is_waited_for,
            no_desk_open_after_a_breakdown,
        ])
        .checks(NOTHING_LEFT)
        .fact(|_| "The press broke down, and nothing was left behind.".to_owned())
}

fn no_piles(seen: &Evidence) -> Option<Finding> {
    let stood = seen.in_vain.filter(|stood| stood.begun < MATCHES.len())?;
    let finding = Finding::new(
        "piles",
        "Everybody has a pile of his own, and one of them does not move.",
    )
    .seen(format!(
        "while one match went on, {} of {} had begun, and no other did.",
        stood.begun,
        MATCHES.len()
    ))
    .expected("one lobby for all desks: whoever is free takes the next match.")
    .why(
        "A pile is dealt before anybody knows how long a match is. What lies behind the longest \
             waits for it, with two clerks looking on.",
    )
    .read(&["agency"]);
    Some(finding)
}

fn something_is_printed(seen: &Evidence) -> Option<Finding> {
    let stood = seen.in_vain.filter(|stood| stood.printed == 0)?;
    let finding = Finding::new(
        "nothing-in-hand",
        "The press is warm, and nobody brings it anything.",
    )
    .seen(format!(
        "all {} matches had begun, all but one were done, and nothing was in print.",
        stood.begun
    ))
    .expected("each analysis goes to the press when it is done.")
    .why(
        "Whoever collects before he prints finds out about the no when the work is done. The \
             earlier the first is in print, the less there is to throw away.",
    )
    .read(&["agency", "imap"]);
    Some(finding)
}

fn nobody_is_held_up(seen: &Evidence) -> Option<Finding> {
    let stood = seen.in_vain?;
    let finding = Finding::new("held-up", "The longest match stands in the door of the printer’s.")
        .seen(format!(
            "{} of {OTHERS} other analyses were in print; the rest were done and lay waiting for \
             the long one.",
            stood.printed
        ))
        .expected(format!("all {OTHERS} others are in print before the long one is done."))
        .why("In the order of the list, everything waits for its slowest neighbor. Nobody has asked for order here.")
        .read(&["imap"]);
    Some(finding)
}

fn all_are_printed(seen: &Evidence) -> Option<Finding> {
    let missing = seen.runs.iter().find(|run| seen.prints.iter().all(|p| p.seal != run.seal))?;
    let finding = Finding::new("not-printed", "The evening was quiet, and a column stayed white.")
        .seen(format!("{} was analyzed and never came to the press.", seen.name(&missing.slip)))
        .expected("when nobody says no, every analysis is printed.")
        .why("To stop early is for evenings with a no in them. All others end with the last match.")
        .read(&["agency"]);
    Some(finding)
}

/// How much was brought to the press behind the one over which the evening ended.
fn brought_after(seen: &Evidence) -> Option<usize> {
    let ends = |press| matches!(press, Press::Refused | Press::Broke);
    let at = seen.prints.iter().position(|p| ends(p.press))?;
    Some(seen.prints.len() - at - 1)
}

fn nothing_after_the_no(seen: &Evidence) -> Option<Finding> {
    let after = brought_after(seen).unwrap_or(0);
    if after == 0 {
        return None;
    }
    let finding = Finding::new(
        "printed-after-the-no",
        "The editor said no, and the presses rolled on.",
    )
    .seen(format!(
        "{} brought to the press after the no.",
        checks::count(after, "more was", "more were")
    ))
    .expected("with the no, the evening is over.")
    .why(
        "A no that is put aside for later does not stop anybody. Let it end the loop, at the place \
             where it is heard.",
    )
    .read(&["closing-time"]);
    Some(finding)
}

fn nobody_is_waited_for(seen: &Evidence) -> Option<Finding> {
    let stood = seen.in_vain?;
    let headline = "The paper is closed, and the clerks are analyzing into the night.";
    let finding = Finding::new("waited-for-the-lobby", headline)
        .seen(format!(
            "{} matches had begun when the press stopped; your function waited for them, and went on \
             only when the judge let them end.",
            stood.begun
        ))
        .expected("your function is over at once, and what is on the desks or in the lobby is called off.")
        .why(
            "`close` and `join` let everybody finish; what is wanted here is the other door. An agency \
             that is dropped sends its desks home in the middle of a match.",
        )
        .read(&["closing-time"]);
    Some(finding)
}

fn the_no_is_passed_on(seen: &Evidence) -> Option<Finding> {
    let heard = brought_after(seen).is_some();
    let ending = match &seen.ending {
        Ending::Failed(e) if heard && checks::repeats_the_press(seen, e) => return None,
        Ending::Failed(e) if heard => return Some(reworded(e)),
        Ending::Failed(e) => {
            format!("your function returned the error “{e}”, and nobody had said no.")
        }
        Ending::Panicked(words) if heard => return Some(unwrapped(words)),
        Ending::Panicked(words) => format!("your function {}.", checks::panicked(words)),
        _ if heard => "the editor said no, and your function returned `Ok`.".to_owned(),
        _ => "fewer analyses than the editor waited for came to the press.".to_owned(),
    };
    let finding = Finding::new("no-swallowed", "Timothy tells the club that all went well.")
        .seen(ending)
        .expected("the no comes back as the error of your function.")
        .why("Whoever called cannot tell an evening that was stopped from one that was short. An error can.")
        .read(&["closing-time"]);
    Some(finding)
}

fn unwrapped(words: &str) -> Finding {
    Finding::new("no-unwrapped", "A no is not a breakdown.")
        .seen(format!("the editor said no, and your function {}.", checks::panicked(words)))
        .expected("the no comes back as the error of your function, in its own words.")
        .why(
            "A caller can handle an error and go on; a panic tells him that something is broken. `unwrap` turns the one \
             into the other, `?` hands it on.",
        )
        .read(&["closing-time"])
}

fn reworded(error: &str) -> Finding {
    Finding::new("no-reworded", "The editor said no, and the club hears a story.")
        .seen(format!(
            "your function returned the error “{error}”, and the editor had said something else."
        ))
        .expected("the error of `publish` comes back, in its own words.")
        .why("An error that is replaced takes along what it knew: which match it was, and why.")
        .read(&["closing-time"])
}

fn the_breakdown_is_not_hidden(seen: &Evidence) -> Option<Finding> {
    let after = brought_after(seen);
    let how = match &seen.ending {
        Ending::Panicked(words) if after == Some(0) && checks::repeats_the_press(seen, words) => {
            return None;
        }
        Ending::Panicked(words) => checks::panicked(words),
        Ending::Failed(e) if after == Some(0) => return Some(put_into_words(e)),
        Ending::Failed(e) => format!("returned the error “{e}”"),
        _ => "returned `Ok`".to_owned(),
    };
    let finding = Finding::new(
        "breakdown-hidden",
        "There is smoke in the hall, and everybody is told to read on.",
    )
    .seen(format!(
        "the press broke down over number {LAST}{}, and your function {how}.",
        after.filter(|&n| n > 0).map_or_else(String::new, |n| format!(", was brought {n} more"))
    ))
    .expected("nothing more goes to the press, and the panic goes through to whoever called you.")
    .why("To clean up, nobody has to catch a panic: what is dropped is dropped while it passes by.")
    .read(&["closing-time"]);
    Some(finding)
}

fn put_into_words(error: &str) -> Finding {
    Finding::new("breakdown-reworded", "There is smoke in the hall, and Timothy calls it a remark.")
        .seen(format!("the press broke down, and your function returned the error “{error}”."))
        .expected("the panic goes through to whoever called you.")
        .why(
            "An error is something that a caller may handle and go on. A panic says that something is broken: whoever \
             turns one into the other has decided for his caller that it is not so bad.",
        )
        .read(&["closing-time"])
}

fn no_desk_open_after_a_breakdown(seen: &Evidence) -> Option<Finding> {
    let finding = Finding {
        check: "desks-open-after-panic".to_owned(),
        headline: "The printer’s has burned down, and the agency is open all night.".to_owned(),
        why: "A panic passes every line that you wrote for the end, and stops at none. What it does not pass by are \
              destructors: let the agency be an ordinary value."
            .to_owned(),
        ..checks::no_desk_open(seen)?
    };
    Some(finding)
}
