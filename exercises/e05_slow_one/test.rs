//! Grades `e05_slow_one`: an analysis that is done is pinned up, though one before it is not. Must not
//! know which verb the answer uses, only what hangs on the board when.

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
use exercises::evidence::Evidence;
use exercises::exercise::Exercise;
use exercises::scene::{Outcome, Scene, Until};
use exercises::verdict::Finding;

/// What the reader writes.
pub type Answer = fn(&[u32]) -> Outcome<()>;

const DESKS: usize = 3;
const MATCHES: [u32; 10] = [12, 7, 3, 15, 9, 1, 14, 6, 11, 4];
const OTHERS: usize = MATCHES.len() - 1;

/// The exercise, for one answer.
pub fn exercise(answer: Answer) -> Exercise {
    let slips = MATCHES.iter().map(|&id| vec![id]).collect();
    let scene = Scene::new("board", "your function had returned", DESKS, slips)
        // The slow one is the third, so that two before it can be pinned up in any case.
        .keeping(2, Until::Printed(OTHERS))
        .busy_for(MATCHES.len())
        .play(move || answer(&MATCHES).map(|()| Vec::new()))
        .checks(&[
            checks::it_ended,
            checks::not_on_threads,
            checks::not_at_your_own_desk,
            checks::no_stranger,
            checks::printed_at_home,
            checks::it_returned,
            checks::nothing_missing,
            checks::each_only_once,
            checks::nothing_unasked,
            checks::not_too_many,
            checks::enough_at_once,
            something_is_pinned_up,
            no_rounds,
            the_slow_one_holds_up_nobody,
            each_is_pinned_up_once,
        ])
        .checks(NOTHING_LEFT)
        .fact(|seen| {
            format!(
                "{OTHERS} analyses hung on the board before the slow one was done; {} in all, and \
                 nothing left behind.",
                seen.prints.len()
            )
        });
    Exercise::new("e05_slow_one", vec![scene])
}

/// Grades the answer in this directory.
pub fn main() -> ExitCode {
    exercise(answer::pin_up).main()
}

fn something_is_pinned_up(seen: &Evidence) -> Option<Finding> {
    let stood = seen.in_vain.filter(|stood| stood.printed == 0)?;
    let finding = Finding::new("nothing-in-hand", "Nine are done, and the board is empty.")
        .seen(format!(
            "{} of {} matches had begun, all of them were done but one, and nothing was pinned up.",
            stood.begun,
            MATCHES.len()
        ))
        .expected("each analysis is pinned up when it is done, and not when all are.")
        .why(
            "`map` hands over all results together, and so does a `collect`, or `imap` behind a slow first: the slowest \
             match decides when the quickest is read.",
        )
        .read(&["imap"]);
    Some(finding)
}

fn no_rounds(seen: &Evidence) -> Option<Finding> {
    let stood = seen.in_vain.filter(|stood| stood.begun < MATCHES.len())?;
    let finding = Finding::new("rounds", "Two desks sit idle, and there are matches left.")
        .seen(format!(
            "while the slow one went on, {} of {} matches had begun, and no other did.",
            stood.begun,
            MATCHES.len()
        ))
        .expected("a desk that is done takes the next match, whoever else is still at work.")
        .why("A list cut into rounds has as many slow matches to wait for as rounds. Hand it over whole.")
        .read(&["foreman", "agency"]);
    Some(finding)
}

fn the_slow_one_holds_up_nobody(seen: &Evidence) -> Option<Finding> {
    let stood = seen.in_vain?;
    let finding =
        Finding::new("held-up", "Everybody stands in line behind one championship match.")
            .seen(format!(
                "{} of the {OTHERS} other analyses hung on the board; the rest were done and lay \
             waiting for the slow one.",
                stood.printed
            ))
            .expected(format!("all {OTHERS} others hang on the board before the slow one is done."))
            .why(
                "Whoever takes results in the order of the list waits for the slowest first. Where \
             order does not matter, ask for whatever is done.",
            )
            .read(&["imap"]);
    Some(finding)
}

fn each_is_pinned_up_once(seen: &Evidence) -> Option<Finding> {
    let pinned: BTreeSet<u64> = seen.prints.iter().map(|p| p.seal).collect();
    let missing = seen.runs.iter().find(|run| !pinned.contains(&run.seal));
    if let Some(run) = missing {
        let finding =
            Finding::new("not-printed", "Somebody looks for his match and does not find it.")
                .seen(format!(
                    "{} of {} analyses were pinned up; {} was analyzed and is not there.",
                    pinned.len(),
                    MATCHES.len(),
                    seen.name(&run.slip)
                ))
                .expected("every analysis is pinned up, the slow one as well.")
                .why("Who does not hold up the others has not lost his own place on the board.")
                .read(&["imap"]);
        return Some(finding);
    }
    if seen.prints.len() == pinned.len() {
        return None;
    }
    let finding = Finding::new("pinned-twice", "The board shows the same match twice.")
        .seen(format!("{} were pinned up, {} of them different.", seen.prints.len(), pinned.len()))
        .expected("every analysis is pinned up once.")
        .why("Two passes over the results are two boards. Pin up each where it is taken.")
        .read(&["imap"]);
    Some(finding)
}
