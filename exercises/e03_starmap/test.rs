//! Grades `e03_starmap`: three columns, one row a task, each argument in its place. Must not know
//! how the answer builds its rows, only what arrives at the desks.

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
use exercises::season::Analysis;
use exercises::verdict::Finding;

/// What the reader writes: depths, matches, first moves.
pub type Answer = fn(&[u32], &[u32], &[u32]) -> Outcome<Vec<Analysis>>;

/// What the places of `analyze_position` are called.
const DESKS: usize = 3;
const PLACES: [&str; 3] = ["match", "first move", "depth"];
/// No number stands in two columns, so that each tells where it belongs. Thirteen rows share out
/// evenly among no number of desks.
const DEPTHS: [u32; 13] = [3, 5, 2, 4, 3, 6, 2, 5, 4, 3, 6, 2, 5];
const MATCHES: [u32; 13] = [14, 11, 19, 12, 23, 16, 13, 20, 15, 22, 17, 21, 18];
const FIRST_MOVES: [u32; 13] = [40, 31, 52, 36, 44, 58, 33, 47, 30, 55, 38, 49, 42];

/// The exercise, for one answer.
pub fn exercise(answer: Answer) -> Exercise {
    let slips = (0..DEPTHS.len()).map(|i| vec![MATCHES[i], FIRST_MOVES[i], DEPTHS[i]]).collect();
    let scene = Scene::new("card", "your function had returned", DESKS, slips)
        .describe(|slip| format!("match {} from move {}, {} deep", slip[0], slip[1], slip[2]))
        // All others have to begin while the second goes on: each is a task of its own.
        .keeping(1, Until::Begun(DEPTHS.len() - DESKS))
        .busy_for(DEPTHS.len())
        .play(move || answer(&DEPTHS, &MATCHES, &FIRST_MOVES))
        .checks(&[
            checks::it_ended,
            checks::it_returned,
            checks::under_a_seal,
            checks::signed_by_the_right_desk,
            checks::not_on_threads,
            checks::not_at_your_own_desk,
            checks::no_stranger,
            in_their_places,
            no_column_ignored,
            not_every_combination,
            rows_kept_together,
            checks::nothing_unasked,
            checks::nothing_missing,
            checks::each_only_once,
            checks::not_too_many,
            checks::enough_at_once,
            checks::one_lobby,
            checks::all_came_back,
            checks::in_order,
        ])
        .checks(NOTHING_LEFT)
        .fact(|seen| {
            let (rows, desks) = (seen.results().len(), seen.most_at_once);
            format!(
                "{rows} rows, every argument in its place, {desks} desks at the same time, \
                 and nothing left behind."
            )
        });
    Exercise::new("e03_starmap", vec![scene])
}

/// Grades the answer in this directory.
pub fn main() -> ExitCode {
    exercise(answer::analyze_card).main()
}

fn column(slips: &[Vec<u32>], place: usize) -> BTreeSet<u32> {
    slips.iter().map(|slip| slip[place]).collect()
}

/// No number of one column arrives in the place of another.
fn in_their_places(seen: &Evidence) -> Option<Finding> {
    let belongs =
        |value: u32| (0..PLACES.len()).find(|&place| column(&seen.slips, place).contains(&value));
    let misplaced = |slip: &[u32]| {
        slip.iter().enumerate().find_map(|(place, &value)| {
            Some((place, value, belongs(value)?)).filter(|f| f.0 != f.2)
        })
    };
    let (run, (place, value, home)) =
        seen.runs.iter().find_map(|run| Some((run, misplaced(&run.slip)?)))?;
    let finding = Finding::new("arguments-swapped", "The desk looked for a match that was a move.")
        .seen(format!(
            "a desk was told to analyze {}: {value} arrived as the {}, and on the card it is a \
             {}.",
            seen.name(&run.slip),
            PLACES[place],
            PLACES[home]
        ))
        .expected(
            "match, first move, depth: the first of a tuple goes to the first parameter, \
             and so on.",
        )
        .why(
            "All three are numbers, so the compiler cannot tell them apart. Only their places \
             can.",
        )
        .read(&["starmap"]);
    Some(finding)
}

/// No place has the same value in every task, unless the card says so.
fn no_column_ignored(seen: &Evidence) -> Option<Finding> {
    let runs: Vec<Vec<u32>> = seen.runs.iter().map(|r| r.slip.clone()).collect();
    if runs.len() < 2 {
        return None;
    }
    let same =
        |&place: &usize| column(&runs, place).len() == 1 && column(&seen.slips, place).len() > 1;
    let place = (0..PLACES.len()).rev().find(same)?;
    let name = PLACES[place];
    let finding = Finding::new("column-ignored", "A column of the card has not been read.")
        .seen(format!(
            "all {} analyses had {} as the {name}; the card has {} different ones.",
            runs.len(),
            runs[0][place],
            column(&seen.slips, place).len()
        ))
        .expected(format!("every task gets the {name} of its own row."))
        .why(
            "A task that needs several arguments gets all of them from its slip: a value that \
             is fixed in the code is the same for everybody.",
        )
        .read(&["starmap"]);
    Some(finding)
}

/// Rows, not every match with every depth.
fn not_every_combination(seen: &Evidence) -> Option<Finding> {
    let asked_for = |m: u32| seen.slips.iter().filter(|s| s[0] == m).count();
    let distinct: BTreeSet<&Vec<u32>> = seen.runs.iter().map(|r| &r.slip).collect();
    let times = |m: u32| distinct.iter().filter(|s| s[0] == m).count();
    let slip = seen.slips.iter().find(|s| times(s[0]) > asked_for(s[0]))?;
    let finding =
        Finding::new("every-combination", "The lobby is overrun: everybody with everybody.")
            .seen(format!(
                "{} different analyses for {} rows; match {} alone was asked for in {} ways.",
                distinct.len(),
                seen.slips.len(),
                slip[0],
                times(slip[0])
            ))
            .expected("one task for each row: first with first, second with second.")
            .why(
                "Loops inside loops pair everything with everything. Columns that belong together \
                 are walked side by side.",
            )
            .read(&["starmap"]);
    Some(finding)
}

/// What stands in one row arrives in one task.
fn rows_kept_together(seen: &Evidence) -> Option<Finding> {
    let run = seen.runs.iter().find(|r| {
        let known =
            (0..PLACES.len()).all(|place| column(&seen.slips, place).contains(&r.slip[place]));
        known && !seen.slips.contains(&r.slip)
    })?;
    let row = seen.slips.iter().find(|s| s[0] == run.slip[0])?;
    let finding = Finding::new("rows-mixed", "The columns have slipped against each other.")
        .seen(format!(
            "a desk analyzed {}; that row of the card says {}.",
            seen.name(&run.slip),
            seen.name(row)
        ))
        .expected("the three arguments of a task come from the same row.")
        .why(
            "Every number is right and every task is wrong: nothing fails, and nobody \
             notices. Tie rows together before anything is moved.",
        )
        .read(&["starmap"]);
    Some(finding)
}
