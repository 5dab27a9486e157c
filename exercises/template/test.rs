//! Grades `template`: what is looked at, in one sentence. Must not know how the answer does it.

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
use exercises::season::Analysis;
use exercises::verdict::Finding;

/// What the reader writes.
pub type Answer = fn(&[u32]) -> Outcome<Vec<Analysis>>;

const DESKS: usize = 2;
const MATCHES: [u32; 7] = [5, 2, 7, 1, 6, 3, 4];

/// The exercise, for one answer.
pub fn exercise(answer: Answer) -> Exercise {
    let slips = MATCHES.iter().map(|&id| vec![id]).collect();
    // What goes on behind "when"; the judge holds matches back until two are under way.
    let scene = Scene::new("list", "your function had returned", DESKS, slips)
        // One goes on until all others have begun, and there is never a desk free while there are matches left.
        .keeping(0, Until::Begun(MATCHES.len() - DESKS))
        .busy_for(MATCHES.len())
        .play(move || answer(&MATCHES))
        // The first that finds something is the only one heard: what explains the most comes first.
        .checks(&[
            checks::it_ended,
            checks::it_returned,
            checks::under_a_seal,
            checks::signed_by_the_right_desk,
            checks::not_on_threads,
            checks::not_at_your_own_desk,
            checks::no_stranger,
            the_list_to_its_end,
            checks::nothing_missing,
            checks::each_only_once,
            checks::nothing_unasked,
            checks::not_too_many,
            checks::enough_at_once,
            checks::one_lobby,
            checks::all_came_back,
            checks::in_order,
        ])
        .checks(NOTHING_LEFT)
        .fact(|seen| {
            format!("{} analyses in order, and nothing left behind.", seen.results().len())
        });
    Exercise::new("template", vec![scene])
}

/// Grades the answer in this directory.
pub fn main() -> ExitCode {
    exercise(answer::analyze_list).main()
}

/// A check of this exercise alone, with words of its own.
fn the_list_to_its_end(seen: &Evidence) -> Option<Finding> {
    let last = seen.slips.last()?;
    if seen.times(last) > 0 || seen.runs.is_empty() {
        return None;
    }
    let finding = Finding::new("end-of-the-list", "Somebody has put the list down before its end.")
        .seen(format!("{} analyses were begun, and {} was not.", seen.runs.len(), seen.name(last)))
        .expected("the list is worked off to its last line.")
        .why("Why that matters, in a sentence or two that are true outside of the story as well.")
        .read(&["map"]);
    Some(finding)
}
