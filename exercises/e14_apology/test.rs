//! Grades `e14_apology`: of two analyses that fail, the one that stands first on the list is apologized
//! for, with its cause, though the other failed before; all others are analyzed all the same. Must not know
//! how the answer finds out, only who gets a letter.

#[cfg_attr(feature = "solutions", path = "solution.rs")]
#[cfg_attr(not(feature = "solutions"), path = "exercise.rs")]
#[forbid(unsafe_code)]
#[allow(unreachable_pub)]
mod answer;

use std::process::ExitCode;
// By their names, so that an answer cannot put macros of its own in their place.
use std::{format, vec};

use exercises::checks::{self, NOTHING_LEFT};
use exercises::evidence::{Cause, Ending, Evidence};
use exercises::exercise::Exercise;
use exercises::scene::{Check, Fault, Outcome, Scene, Until};
use exercises::season::Analysis;
use exercises::verdict::Finding;

/// What the reader writes.
pub type Answer = fn(&[u32]) -> Outcome<Vec<Analysis>>;

const DESKS: usize = 2;
/// No number is a place on the list.
const ROUND: [u32; 9] = [45, 38, 41, 36, 44, 39, 42, 37, 40];
/// Stands first of the two, and is kept until all others have begun.
const FIRST: u32 = ROUND[1];
const SECOND: u32 = ROUND[4];
/// Stands first of all.
const EARLIEST: u32 = ROUND[0];

/// The exercise, for one answer.
pub fn exercise(answer: Answer) -> Exercise {
    let scenes =
        vec![all_well(answer), killed_first(answer), torn_first(answer), first_of_all(answer)];
    Exercise::new("e14_apology", scenes)
}

/// Grades the answer in this directory.
pub fn main() -> ExitCode {
    exercise(answer::analyze_or_apologize).main()
}

const WORK: &[Check] = &[
    checks::not_on_threads,
    // Before how it ended: at one's own desk, the dark takes the whole program along.
    checks::not_at_your_own_desk,
    checks::it_ended,
    checks::no_stranger,
    checks::nothing_unasked,
];

fn scene(name: &'static str, moment: &'static str, answer: Answer) -> Scene {
    let slips = ROUND.iter().map(|&id| vec![id]).collect();
    Scene::new(name, moment, DESKS, slips)
        // The second on the list, until all have begun but the two that are under way first.
        .keeping(1, Until::Begun(ROUND.len() - DESKS))
        .busy_for(ROUND.len())
        .play(move || answer(&ROUND))
}

fn all_well(answer: Answer) -> Scene {
    scene("all-well", "all matches had been analyzed", answer)
        .checks(WORK)
        .checks(&[
            checks::it_returned,
            checks::under_a_seal,
            checks::signed_by_the_right_desk,
            checks::nothing_missing,
            checks::each_only_once,
            checks::not_too_many_at_once,
            checks::not_too_many,
            checks::enough_at_once,
            checks::all_came_back,
            checks::in_order,
            no_letter_without_a_loss,
        ])
        .checks(NOTHING_LEFT)
        .fact(|_| {
            "On the first day nothing failed: nine analyses in order, and no letter.".to_owned()
        })
}

fn killed_first(answer: Answer) -> Scene {
    a_loss(
        scene("killed-first", "two matches had failed", answer),
        &[(FIRST, Fault::LightsOut), (SECOND, Fault::Torn)],
    )
    .checks(&[|seen| the_right_letter(seen, FIRST, Cause::LightsOut)])
    .checks(NOTHING_LEFT)
    .fact(|_| {
        "On the second a page was torn, and later the lamp went out over a match before it: one letter, about the lamp."
            .to_owned()
    })
}

fn torn_first(answer: Answer) -> Scene {
    a_loss(
        scene("torn-first", "two others had failed", answer),
        &[(FIRST, Fault::Torn), (SECOND, Fault::LightsOut)],
    )
    .checks(&[|seen| the_right_letter(seen, FIRST, Cause::TornPage)])
    .checks(NOTHING_LEFT)
    .fact(|_| "On the third it was the other way around: one letter, about the page.".to_owned())
}

/// The first of all falls while others wait.
fn first_of_all(answer: Answer) -> Scene {
    let scene = scene("first-of-all", "the first on the list had failed", answer);
    a_loss(
        scene.keeping(0, Until::Begun(1)),
        &[(EARLIEST, Fault::LightsOut), (SECOND, Fault::Torn)],
    )
    .checks(&[|seen| the_right_letter(seen, EARLIEST, Cause::LightsOut)])
    .checks(NOTHING_LEFT)
    .fact(|_| {
        "On the fourth the first on the list fell at once: one letter, and the others were analyzed.".to_owned()
    })
}

fn a_loss(scene: Scene, faults: &[(u32, Fault)]) -> Scene {
    scene.faults(faults).checks(WORK).checks(&[
        tried_once,
        nobody_stops_at_the_first,
        the_office_stays_open,
        checks::not_too_many_at_once,
        checks::not_too_many,
        checks::enough_at_once,
        a_letter_is_written,
        written_at_home,
        one_letter,
        the_loss_is_told,
    ])
}

fn no_letter_without_a_loss(seen: &Evidence) -> Option<Finding> {
    let letter = seen.apologies.first()?;
    let finding = Finding::new("regrets-nothing", "A player is told with regret that all is well.")
        .seen(format!("match {} was analyzed, and its player got a letter.", letter.match_id))
        .expected("a letter when there is a loss, and none without.")
        .why("A letter that comes in any case says nothing.")
        .read(&["map"]);
    Some(finding)
}

fn tried_once(seen: &Evidence) -> Option<Finding> {
    let again = [EARLIEST, FIRST, SECOND].into_iter().find(|&id| seen.times(&[id]) > 1)?;
    let finding = Finding::new(
        "tried-again",
        "The clerk who fell is followed by another, into the same hole.",
    )
    .seen(format!("match {again} was begun {} times.", seen.times(&[again])))
    .expected("each match is tried once, and one that fails is reported.")
    .why(
        "Another attempt helps against bad luck. What is torn stays torn, and each attempt takes a \
             desk from the others.",
    )
    .read(&["imap"]);
    Some(finding)
}

fn the_office_stays_open(seen: &Evidence) -> Option<Finding> {
    let missing = seen.slips.iter().filter(|slip| seen.times(slip) == 0);
    let (first, count) = (missing.clone().next()?, missing.count());
    let finding = Finding::new(
        "office-closed",
        "One scorebook is torn, and the whole office goes home.",
    )
    .seen(format!("{count} of {} matches never began, {} first.", ROUND.len(), seen.name(first)))
    .expected("all other matches are analyzed, whatever befalls one of them.")
    .why(
        "Who stops at the first failure knows the first that failed, which is luck, and not the \
             first on the list.",
    )
    .read(&["map"]);
    Some(finding)
}

/// The first on the list has failed, its player has been told, and that was that.
fn nobody_stops_at_the_first(seen: &Evidence) -> Option<Finding> {
    let letter = seen.apologies.first().filter(|letter| letter.match_id == EARLIEST)?;
    let finding = Finding {
        check: "stops-at-the-first".to_owned(),
        headline: "The letter was so important that everybody else was forgotten.".to_owned(),
        why: format!(
            "The letter about match {} could be written at once, and the work on the others goes on behind it. A `return` in \
             the loop ends both.",
            letter.match_id
        ),
        ..the_office_stays_open(seen)?
    };
    Some(finding)
}

fn a_letter_is_written(seen: &Evidence) -> Option<Finding> {
    if !seen.apologies.is_empty() {
        return None;
    }
    let how = match &seen.ending {
        Ending::Failed(e) => format!("your function returned the error “{e}”"),
        Ending::Panicked(words) => format!("your function {}", checks::panicked(words)),
        _ => "your function returned".to_owned(),
    };
    let finding = Finding::new("no-letter", "The player waits for the post, and the post has nothing for him.")
        .seen(format!("no letter was written; {how}."))
        .expected("a letter to the player of the first on the list that failed, and then the error.")
        .why("The error knows which of its tasks failed, and of what. Passed on with `?`, nobody asks it.")
        .read(&["map"]);
    Some(finding)
}

fn one_letter(seen: &Evidence) -> Option<Finding> {
    let letters = seen.apologies.len();
    if letters < 2 {
        return None;
    }
    let finding = Finding::new("too-many-letters", "The club has run out of stamps.")
        .seen(format!("{letters} letters were written."))
        .expected("one letter: to the player whose match stands first on the list of those that failed.")
        .why(
            "`map` has one error to give, and picks it by the list. Whoever wants to hear of every loss \
             asks for results one by one; here one is wanted.",
        )
        .read(&["map", "imap"]);
    Some(finding)
}

fn the_loss_is_told(seen: &Evidence) -> Option<Finding> {
    let Ending::Returned(results) = &seen.ending else { return None };
    let finding = Finding::new(
        "loss-hidden",
        "The letter is in the post, and the club is told that all is well.",
    )
    .seen(format!("your function returned `Ok` with {}.", checks::analyses(results.len())))
    .expected("the agency’s error, once the letter is written.")
    .why("A list that is not complete looks like one that is. Whoever called has to know.")
    .read(&["map"]);
    Some(finding)
}

/// Not another, and not only some of its words.
fn the_agencys_error(seen: &Evidence, cause: Cause) -> Option<Finding> {
    let words = match cause {
        Cause::LightsOut => "killed by signal 9",
        Cause::TornPage => "is torn",
    };
    let returned = match &seen.ending {
        Ending::Failed(e) if e.contains(words) => return None,
        Ending::Failed(e) => format!("your function returned the error “{e}”."),
        Ending::Panicked(words) => format!("your function {}.", checks::panicked(words)),
        _ => return None,
    };
    let finding = Finding::new("another-error", "The letter is true, and the report is about something else.")
        .seen(returned)
        .expected("the error that the agency gave, of the match that the letter is about.")
        .why("Whoever called asks the error what happened. Words of your own, or another match’s error, tell him nothing or a lie.")
        .read(&["map"]);
    Some(finding)
}

fn written_at_home(seen: &Evidence) -> Option<Finding> {
    let letter = seen.apologies.iter().find(|letter| letter.pid != seen.subject)?;
    let finding = Finding::new("written-at-a-desk", "A clerk writes to the player, and nobody has told him to.")
        .seen(format!(
            "the letter about match {} was written by process {}, a worker; your program is process {}.",
            letter.match_id, letter.pid, seen.subject
        ))
        .expected("the letter is written by your own process.")
        .why("A worker knows its own slip. Whether its match is the first on the list that failed, it cannot know.")
        .read(&["map"]);
    Some(finding)
}

fn the_right_letter(seen: &Evidence, first: u32, cause: Cause) -> Option<Finding> {
    let letter = seen.apologies.first()?;
    if letter.match_id == SECOND {
        let finding = Finding::new("the-other-of-two", "The letter went to the other of the two.")
            .seen(format!("the letter is about match {SECOND}; match {first} has no analysis either."))
            .expected(format!("a letter about match {first}: it stands before {SECOND} on the list."))
            .why(
                "Which of two fails first, or last, is decided by luck, and differs from day to day. Which stands \
                 first on the list does not.",
            )
            .read(&["map"]);
        return Some(finding);
    }
    if letter.match_id != first {
        let finding = Finding::new("number-of-the-slip", "The letter has gone to a stranger.")
            .seen(format!("the letter is about match {}, which nobody has lost.", letter.match_id))
            .expected(format!("a letter about match {first}."))
            .why(
                "The agency counts its slips from 0 and has never seen a scorebook. Which match stands at \
                 an index is for your list to say.",
            )
            .read(&["imap", "map"]);
        return Some(finding);
    }
    if letter.cause == cause {
        return the_agencys_error(seen, cause);
    }
    let (headline, seen_text, why) = match cause {
        Cause::LightsOut => (
            "The player is told that he has torn his scorebook.",
            "the letter speaks of a torn page; the worker at that desk was killed.",
            "A panic is the function’s own affair, a killed worker is not. The error knows which it was: \
             ask it for its kind.",
        ),
        Cause::TornPage => (
            "The player is told of a lamp, and looks at his torn page.",
            "the letter speaks of a lamp; the function panicked, and its worker lives.",
            "Not every loss is a death. The error knows which it was: ask it for its kind.",
        ),
    };
    let check = if cause == Cause::LightsOut { "blamed-the-page" } else { "blamed-the-lamp" };
    let finding = Finding::new(check, headline)
        .seen(seen_text)
        .expected(format!("the letter about match {first} gives the cause as `{cause:?}`."))
        .why(why)
        .read(&["imap"]);
    Some(finding)
}
