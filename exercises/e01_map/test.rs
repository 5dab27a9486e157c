//! Grades `e01_map`: twenty matches, analyzed at four desks at the same time, each once, results in
//! the order of the list, nothing left behind. Must not know how the answer does it, only what its
//! processes do.

#[cfg_attr(feature = "solutions", path = "solution.rs")]
#[cfg_attr(not(feature = "solutions"), path = "exercise.rs")]
#[forbid(unsafe_code)]
#[allow(unreachable_pub)]
mod answer;

use std::process::ExitCode;
// By their names, so that an answer cannot put macros of its own in their place.
use std::{format, vec};

use exercises::checks::{self, NOTHING_LEFT};
use exercises::exercise::Exercise;
use exercises::scene::{Outcome, Scene, Until};
use exercises::season::Analysis;

const DESKS: usize = 4;
const MATCHES: usize = 20;

/// What the reader writes.
pub type Answer = fn(&[u32]) -> Outcome<Vec<Analysis>>;

/// The exercise, for one answer.
pub fn exercise(answer: Answer) -> Exercise {
    // Not in the order of their numbers, so that sorting is not the same as keeping the order.
    let season: Vec<u32> = (1..=MATCHES as u32).map(|i| i * 8 % 21).collect();
    let slips = season.iter().map(|&id| vec![id]).collect();
    let scene = Scene::new("season", "your function had returned", DESKS, slips)
        // All others have to begin while the second goes on: none lies on a pile of its desk alone.
        .keeping(1, Until::Begun(MATCHES - DESKS))
        .busy_for(MATCHES)
        .play(move || answer(&season))
        .checks(&[
            checks::it_ended,
            checks::it_returned,
            checks::under_a_seal,
            checks::signed_by_the_right_desk,
            checks::not_on_threads,
            checks::not_at_your_own_desk,
            checks::no_stranger,
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
            let (matches, desks) = (seen.results().len(), seen.most_at_once);
            format!(
                "{matches} matches, {desks} desks at the same time, in order, and nothing \
                 left behind."
            )
        });
    Exercise::new("e01_map", vec![scene])
}

/// Grades the answer in this directory.
pub fn main() -> ExitCode {
    exercise(answer::analyze_season).main()
}
