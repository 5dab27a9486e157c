//! Grades `e04_telegraph`: results in hand while the wire goes on, the wire read only as far as the
//! drawer is deep, in order and without rounds. Must not know how the answer does it, only what was
//! read and printed when.

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
use exercises::scene::{Outcome, Scene, Until};
use exercises::season::Wire;
use exercises::verdict::Finding;

/// What the reader writes.
pub type Answer = fn(Wire, usize) -> Outcome<()>;

const DESKS: usize = 3;
/// More than the pool's own window, and far fewer than what the wire has.
const COLUMNS: usize = 30;
const DRAWER: usize = 6;
/// Where the wire is cut, so that whoever reads all of it can be told.
const WIRE: u32 = 200;

/// The exercise, for one answer.
pub fn exercise(answer: Answer) -> Exercise {
    // All different, and not in the order of their numbers.
    let wire = (1..=WIRE).map(|i| vec![i * 77 % 211]).collect();
    let scene = Scene::new("wire", "your function had returned", DESKS, wire)
        // The third of the first three stays until five more have begun behind it: as far as the
        // drawer reaches, and further than rounds of any size up to that.
        .keeping(2, Until::Begun(DRAWER - 1))
        .busy_for(COLUMNS)
        .play(move || answer(Wire::new(), COLUMNS).map(|()| Vec::new()))
        .checks(&[
            checks::it_ended,
            the_wire_is_not_swallowed,
            checks::not_on_threads,
            checks::not_at_your_own_desk,
            checks::no_stranger,
            from_the_wire,
            checks::printed_at_home,
            checks::it_returned,
            checks::each_only_once,
            checks::not_too_many,
            results_in_hand_before_the_last_match,
            // Before it: rounds leave desks empty as well.
            no_narrow_window,
            no_rounds,
            checks::enough_at_once,
            thirty_columns_in_order,
            not_further_than_the_drawer,
        ])
        .checks(NOTHING_LEFT)
        .fact(|seen| {
            format!(
                "{} columns in print, {} matches read from the wire, {} desks at the same time, \
                 and nothing left behind.",
                seen.prints.len(),
                seen.reads.len(),
                seen.most_at_once
            )
        });
    Exercise::new("e04_telegraph", vec![scene])
}

/// Grades the answer in this directory.
pub fn main() -> ExitCode {
    exercise(answer::evening_edition).main()
}

fn the_wire_is_not_swallowed(seen: &Evidence) -> Option<Finding> {
    let read = seen.reads.len();
    if read < WIRE as usize {
        return None;
    }
    let finding = Finding::new(
        "wire-swallowed",
        "Timothy waits for the end of a wire without one.",
    )
    .seen(format!("{read} matches were read for {COLUMNS} columns; then the judge cut the wire."))
    .expected("the wire is read a few matches ahead of what is in print, and no further.")
    .why(
        "Whatever wants the whole list before it begins, a `collect` or a `map`, never begins \
             with a list that has no end.",
    )
    .read(&["imap"]);
    Some(finding)
}

fn results_in_hand_before_the_last_match(seen: &Evidence) -> Option<Finding> {
    let last = seen.reads.get(COLUMNS - 1)?;
    if last.printed > 0 {
        return None;
    }
    let finding = Finding::new(
        "nothing-in-hand",
        "The drawer is full, and the press has nothing to print.",
    )
    .seen(format!("match number {COLUMNS} was read from the wire before anything was in print."))
    .expected("the first analyses are printed while the last matches are not even read.")
    .why(
        "`map` hands over all of its results or none, so does a `collect` behind whatever verb, and a window as wide \
             as the list reads all of it first. The first column waits for the last match.",
    )
    .read(&["imap"]);
    Some(finding)
}

fn thirty_columns_in_order(seen: &Evidence) -> Option<Finding> {
    checks::printed_in_order(seen, &seen.slips[..COLUMNS])
}

fn not_further_than_the_drawer(seen: &Evidence) -> Option<Finding> {
    let ahead = seen.reads.iter().zip(1..).map(|(read, number)| number - read.printed.min(number));
    let most = ahead.max().filter(|&most| most > DRAWER)?;
    let finding = Finding::new("too-far-ahead", "The telegraph’s drawer has run over.")
        .seen(format!("{most} matches had been read whose analyses were not in print."))
        .expected(format!("never more than {DRAWER} of them."))
        .why(
            "Somebody has to read ahead so that desks have slips, but not as far as he likes. \
             The window of a call says how far, and with it how much memory a slow reader costs.",
        )
        .read(&["imap"]);
    Some(finding)
}

/// Somebody counts on his fingers instead of listening.
fn from_the_wire(seen: &Evidence) -> Option<Finding> {
    let read = &seen.slips[..seen.reads.len()];
    let run = seen.runs.iter().find(|run| !read.contains(&run.slip))?;
    let finding =
        Finding::new("not-from-the-wire", "The telegraph ticks, and nobody listens to it.")
            .seen(format!(
                "{} was never read from the wire, and was analyzed; {} read.",
                seen.name(&run.slip),
                checks::count(read.len(), "match was", "matches were")
            ))
            .expected("what is analyzed is what comes over the wire.")
            .why(
                "`columns` says how many matches there are to be, and not which. The wire is an iterator: hand it \
                 over as it is.",
            )
            .read(&["imap"]);
    Some(finding)
}

/// The first two are in print, and the desks are empty behind the third.
fn no_narrow_window(seen: &Evidence) -> Option<Finding> {
    let stood = seen.in_vain.filter(|stood| stood.printed > 0)?;
    let finding = Finding::new("narrow-window", "There is room in the drawer, and the desks have nothing to do.")
        .seen(format!(
            "while one of the first analyses went on, {} had begun and no other did; {} of them in print.",
            stood.begun,
            checks::count(stood.printed, "was", "were")
        ))
        .expected(format!("{DRAWER} matches are read ahead, as long as the wire has any."))
        .why(format!(
            "A window narrower than the drawer leaves desks empty behind one slow match; `window({DRAWER})` fills it."
        ))
        .read(&["imap"]);
    Some(finding)
}

fn no_rounds(seen: &Evidence) -> Option<Finding> {
    let stood = seen.in_vain?;
    let finding = Finding::new("rounds", "Two desks wait until the third has finished the round.")
        .seen(format!(
            "while one of the first analyses went on, {} had begun and no other did, though the \
             drawer had room.",
            stood.begun
        ))
        .expected("who is done takes the next match, as long as the drawer has room.")
        .why(
            "A list cut into rounds is a row of lists, and each lasts as long as its slowest \
             match. An iterator of results has no rounds.",
        )
        .read(&["foreman", "imap"]);
    Some(finding)
}
