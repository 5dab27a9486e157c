//! Grades `e12_openings`: every match with every opening, as either side sees it, four arguments of three
//! types on each slip. Must not know how the answer makes its slips, only what arrives at the desks.

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
use exercises::season::{Analysis, Opening, Side};
use exercises::verdict::Finding;

/// What the reader writes: matches, and openings with the depth of each.
pub type Answer = fn(&[u32], &[(Opening, u32)]) -> Outcome<Vec<Analysis>>;

const DESKS: usize = 3;
const MATCHES: [u32; 4] = [31, 27, 35, 22];
/// No depth is the number of a match.
const OPENINGS: [(Opening, u32); 3] =
    [(Opening::Italian, 6), (Opening::Vienna, 9), (Opening::Spanish, 4)];
const SIDES: [Side; 2] = [Side::White, Side::Black];

/// The exercise, for one answer.
pub fn exercise(answer: Answer) -> Exercise {
    let slips = slips();
    let all = slips.len();
    let scene = Scene::new("program", "your function had returned", DESKS, slips)
        .describe(describe)
        // Those that begin first, but for the one that is kept, have begun already.
        // The second, so that it does not help to hand over the first one alone.
        .keeping(1, Until::Begun(all - DESKS))
        .busy_for(all)
        .play(move || answer(&MATCHES, &OPENINGS))
        .checks(&[
            checks::it_ended,
            checks::it_returned,
            checks::under_a_seal,
            checks::signed_by_the_right_desk,
            checks::not_on_threads,
            checks::not_at_your_own_desk,
            checks::no_stranger,
            in_their_places,
            nothing_left_in_the_pocket,
            either_side,
            every_combination,
            the_depth_of_its_opening,
            checks::nothing_unasked,
            checks::nothing_missing,
            checks::each_only_once,
            checks::not_too_many,
            // Before it: rounds leave desks empty as well.
            no_heaps,
            no_rounds,
            checks::enough_at_once,
            checks::all_came_back,
            nested_as_asked,
            side_changes_fastest,
            checks::in_order,
        ])
        .checks(NOTHING_LEFT)
        .fact(|seen| {
            let (slips, desks) = (seen.results().len(), seen.most_at_once);
            format!(
                "{slips} slips with four things on each, everything in its place, {desks} desks at the \
                 same time, and nothing left behind."
            )
        });
    Exercise::new("e12_openings", vec![scene])
}

/// Grades the answer in this directory.
pub fn main() -> ExitCode {
    exercise(answer::compare_openings).main()
}

fn slips() -> Vec<Vec<u32>> {
    let mut slips = Vec::new();
    for match_id in MATCHES {
        for (opening, depth) in OPENINGS {
            slips.extend(SIDES.map(|side| vec![match_id, opening as u32, side as u32, depth]));
        }
    }
    slips
}

fn opening(slip: &[u32]) -> String {
    let known = OPENINGS.iter().find(|(opening, _)| *opening as u32 == slip[1]);
    known.map_or_else(|| "?".to_owned(), |(opening, _)| format!("{opening:?}"))
}

fn describe(slip: &[u32]) -> String {
    let side = if slip[2] == Side::White as u32 { "White" } else { "Black" };
    format!("match {} with the {}, as {side}, {} deep", slip[0], opening(slip), slip[3])
}

/// A match is no depth, and a depth no match.
fn in_their_places(seen: &Evidence) -> Option<Finding> {
    let deep = |depth: u32| OPENINGS.iter().any(|o| o.1 == depth);
    let run = seen.runs.iter().find(|r| deep(r.slip[0]) || MATCHES.contains(&r.slip[3]))?;
    let finding = Finding::new(
        "arguments-swapped",
        "The desk has looked a match deep into a depth.",
    )
    .seen(format!("a desk was told to compare {}.", seen.name(&run.slip)))
    .expected("match, opening, side, depth: each field of the tuple in the place of its parameter.")
    .why(
        "An opening is no side, and the compiler knows. A match and a depth are both `u32`, and it \
             cannot know.",
    )
    .read(&["starmap"]);
    Some(finding)
}

fn nothing_left_in_the_pocket(seen: &Evidence) -> Option<Finding> {
    let run = seen.runs.iter().find(|r| r.slip[3] == 0)?;
    let finding = Finding::new("empty-pocket", "The clerk reaches into his pocket, and there is nothing in it.")
        .seen(format!("a desk was told to compare {}.", seen.name(&run.slip)))
        .expected("the depth that stands beside the opening travels on the slip.")
        .why(
            "What your program writes into a `static` changes its own memory. A desk is another process: \
             it has the `static` as it was before you wrote.",
        )
        .read(&["starmap", "agency"]);
    Some(finding)
}

fn either_side(seen: &Evidence) -> Option<Finding> {
    let sides: BTreeSet<u32> = seen.runs.iter().map(|r| r.slip[2]).collect();
    if sides.len() != 1 || seen.runs.len() < 2 {
        return None;
    }
    let finding = Finding::new("one-side", "Nobody has turned the board.")
        .seen(format!("all {} comparisons were made as the same side sees it.", seen.runs.len()))
        .expected("two slips for each opening: one as White, one as Black.")
        .why("An argument that is the same on every slip is easily forgotten, and nothing misses it.")
        .read(&["starmap"]);
    Some(finding)
}

fn every_combination(seen: &Evidence) -> Option<Finding> {
    let pairs: BTreeSet<(u32, u32)> = seen.runs.iter().map(|r| (r.slip[0], r.slip[1])).collect();
    let due = MATCHES.len() * OPENINGS.len();
    if pairs.len() >= due || pairs.is_empty() {
        return None;
    }
    let finding = Finding::new(
        "paired-off",
        "Every match has found a partner, and dances with no other.",
    )
    .seen(format!("{} pairs of a match and an opening were compared, of {due}.", pairs.len()))
    .expected("every match with every opening.")
    .why(
        "`zip` walks two lists side by side, and stops at the end of the shorter. Everything with \
             everything is a loop in a loop.",
    )
    .read(&["starmap"]);
    Some(finding)
}

fn the_depth_of_its_opening(seen: &Evidence) -> Option<Finding> {
    let own = |slip: &[u32]| OPENINGS.iter().find(|o| o.0 as u32 == slip[1]).map(|o| o.1);
    let run = seen.runs.iter().find(|r| own(&r.slip) != Some(r.slip[3]))?;
    let finding = Finding::new(
        "depth-of-another",
        "One opening is looked at with the glasses of another.",
    )
    .seen(format!(
        "a desk was told to compare {}; the {} is to be looked at {} deep.",
        seen.name(&run.slip),
        opening(&run.slip),
        own(&run.slip).unwrap_or(0)
    ))
    .expected("each opening with the depth that stands beside it.")
    .why("What belongs together is taken apart last, and in one place: where the slip is written.")
    .read(&["starmap"]);
    Some(finding)
}

fn no_heaps(seen: &Evidence) -> Option<Finding> {
    let stood = seen.in_vain?;
    let late: BTreeSet<u32> = seen.runs.get(stood.begun..)?.iter().map(|run| run.pid).collect();
    if late.len() >= DESKS {
        return None;
    }
    let left = seen.slips.len() - stood.begun;
    let finding = Finding::new("heaps", "There are fewer slips than comparisons, and one has more than one on it.")
        .seen(format!(
            "while one comparison was kept, {} did not begin, though other desks were free; what was left was done later, at {}.",
            checks::count(left, "other", "others"),
            checks::desks(late.len())
        ))
        .expected("one comparison on each slip.")
        .why(
            "What stands on one slip, both sides of the board or a heap, is done by one desk, from top to bottom. Only what lies in the lobby can be had by \
             whoever is free.",
        )
        .read(&["starmap", "agency"]);
    Some(finding)
}

fn no_rounds(seen: &Evidence) -> Option<Finding> {
    let stood = seen.in_vain?;
    let finding = Finding::new(
        "rounds",
        "There is more to compare, and the lobby is empty.",
    )
    .seen(format!(
        "while one comparison was kept, {} of {} had begun, and no other did.",
        stood.begun,
        seen.slips.len()
    ))
    .expected("one comparison on each slip, and all slips in one list: a desk that is done takes the next one.")
    .why(
        "A `starmap` returns when its last result is there. One for each match is a round for each \
             match, and slips with several comparisons wait for each other: desks stand empty.",
    )
    .read(&["starmap", "agency"]);
    Some(finding)
}

/// White stands before Black in every pair, and no loop is inside that of the sides.
fn side_changes_fastest(seen: &Evidence) -> Option<Finding> {
    let at = |slip: &[u32]| {
        let match_at = MATCHES.iter().position(|&id| id == slip[0])?;
        let opening_at = OPENINGS.iter().position(|o| o.0 as u32 == slip[1])?;
        Some([match_at, opening_at, slip[2] as usize])
    };
    let results = seen.results().iter();
    let slips: Vec<&Vec<u32>> = results.filter_map(|r| Some(&seen.run_of(r.seal)?.slip)).collect();
    let places: Vec<[usize; 3]> = slips.iter().filter_map(|slip| at(slip)).collect();
    let nested = |order: [usize; 3], white: usize| {
        places.is_sorted_by_key(|p| order.map(|n| if n == 2 { p[2].abs_diff(white) } else { p[n] }))
    };
    let orders = [[0, 2, 1], [1, 2, 0], [2, 0, 1], [2, 1, 0]];
    let outside = orders.iter().any(|&order| nested(order, 0) || nested(order, 1));
    if !outside && !nested([0, 1, 2], 1) {
        return None;
    }
    let first = (0..slips.len()).find(|&n| *slips[n] != seen.slips[n])?;
    let finding = Finding::new("side-outside", "The board is turned too seldom, or too early.")
        .seen(format!(
            "result number {} is for {}; the table has {} there.",
            first + 1,
            seen.name(slips[first]),
            seen.name(&seen.slips[first])
        ))
        .expected("Side changes fastest: the innermost loop is the side, and White stands first.")
        .why(
            "Results come back in the order of the slips, whoever was done first: so the order of the loops is the order of \
             the table.",
        )
        .read(&["starmap"]);
    Some(finding)
}

fn nested_as_asked(seen: &Evidence) -> Option<Finding> {
    let of_results: Vec<&Vec<u32>> =
        seen.results().iter().filter_map(|r| Some(&seen.run_of(r.seal)?.slip)).collect();
    let turned = of_results.windows(2).all(|two| two[0][1] == two[1][1] || two[0][0] != two[1][0]);
    if !turned || of_results.get(2).is_none_or(|slip| slip[0] == MATCHES[0]) {
        return None;
    }
    let finding = Finding::new(
        "turned-over",
        "The table has its rows where the columns should be.",
    )
    .seen(format!("result number 3 is for {}.", seen.name(of_results[2])))
    .expected("all openings of the first match, then all of the second, and so on.")
    .why(
        "The outer loop is the one that changes last. Results come back in the order of the slips, \
             so the order of the loops is the order of the table.",
    )
    .read(&["starmap"]);
    Some(finding)
}
