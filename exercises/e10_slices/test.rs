//! Grades `e10_slices`: so many matches go to a desk together as are asked for, today three and
//! tomorrow five. Must not know how the answer cuts the list, only who gets what.

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
pub type Answer = fn(&[u32], usize) -> Outcome<Vec<Analysis>>;

const DESKS: usize = 2;
/// Divided by either slice, something is left over.
const MATCHES: [u32; 14] = [9, 4, 13, 8, 3, 12, 7, 2, 11, 6, 1, 10, 5, 14];
const TODAY: usize = 3;
const TOMORROW: usize = 5;

/// The exercise, for one answer.
pub fn exercise(answer: Answer) -> Exercise {
    let today = scene("today", "slices of three were asked for", TODAY, 0, answer)
        .checks(&[
            |seen| no_narrow_window(seen, TODAY, 0),
            |seen| no_rounds(seen, TODAY, 0),
            |seen| no_pile_for_each_desk(seen, TODAY),
            |seen| a_size_is_not_a_number(seen, TODAY),
            |seen| as_thick_as_asked(seen, TODAY, 0),
            checks::all_came_back,
            checks::in_order,
        ])
        .checks(NOTHING_LEFT)
        .fact(|_| {
            "Slices of three: the desk kept at the first had two more of its own.".to_owned()
        });
    let tomorrow = scene("tomorrow", "slices of five were asked for", TOMORROW, 1, answer)
        .checks(&[
            not_only_the_first,
            not_as_yesterday,
            |seen| no_narrow_window(seen, TOMORROW, 1),
            |seen| no_rounds(seen, TOMORROW, 1),
            |seen| as_thick_as_asked(seen, TOMORROW, 1),
            checks::all_came_back,
            checks::in_order,
        ])
        .checks(NOTHING_LEFT)
        .fact(|_| "Slices of five: four more. In order, and nothing left behind.".to_owned());
    Exercise::new("e10_slices", vec![today, tomorrow])
}

/// Grades the answer in this directory.
pub fn main() -> ExitCode {
    exercise(answer::analyze_in_slices).main()
}

/// The first match of that slice is kept until all have begun that do not lie on its desk.
fn scene(
    name: &'static str,
    moment: &'static str,
    slice: usize,
    kept: usize,
    answer: Answer,
) -> Scene {
    let slips = MATCHES.iter().map(|&id| vec![id]).collect();
    Scene::new(name, moment, DESKS, slips)
        // Two have begun when the desks are busy: the first of each of two slices.
        .keeping(kept, Until::Begun(MATCHES.len() - slice - 1))
        .play(move || answer(&MATCHES, slice))
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
        ])
}

/// How many matches one desk had together, from the one on at which it was kept: meanwhile the other took whatever could be
/// had. `kept` is the rank of that match among the first two.
fn thickness(seen: &Evidence, kept: usize) -> usize {
    let desk_of = |id: u32| seen.runs.iter().find(|r| r.slip == [id]).map(|r| r.pid);
    let place_of = |slip: &[u32]| MATCHES.iter().position(|id| slip == [*id]).unwrap_or(0);
    let mut first: Vec<usize> = seen.runs.iter().take(DESKS).map(|r| place_of(&r.slip)).collect();
    first.sort_unstable();
    let Some(&from) = first.get(kept) else { return 0 };
    let desk = desk_of(MATCHES[from]);
    MATCHES[from..].iter().take_while(|&&id| desk_of(id) == desk).count()
}

fn no_narrow_window(seen: &Evidence, slice: usize, kept: usize) -> Option<Finding> {
    let stood =
        seen.in_vain.filter(|stood| stood.begun == slice && thickness(seen, kept) < slice)?;
    let finding = Finding::new("window", "Nothing is in the lobby, and the desk goes hungry.")
        .seen(format!(
            "while one desk was kept at its first match, {} matches had begun at both desks, and no \
             other did.",
            stood.begun
        ))
        .expected(format!("{slice} matches lie on a desk together, and the list is there for both."))
        .why(
            "One slice for everybody is one for nobody: it was spread over both desks. Either the call ends with each slice, \
             or its window is as thin as one.",
        )
        .read(&["imap", "map"]);
    Some(finding)
}

fn no_rounds(seen: &Evidence, slice: usize, kept: usize) -> Option<Finding> {
    let stood = seen.in_vain.filter(|_| thickness(seen, kept) == slice)?;
    let finding = Finding::new(
        "rounds",
        "One desk waits for the other before it gets its next slice.",
    )
    .seen(format!(
        "while one desk was kept at its first match, {} of {} had begun, and no other did.",
        stood.begun,
        MATCHES.len()
    ))
    .expected("a desk that has done its slice takes the next one, whoever else is still at work.")
    .why(
        "A call of its own for every two slices is a day of many evenings: at each of them, the \
             quick desk waits for the slow one. Hand over the whole list.",
    )
    .read(&["agency", "map"]);
    Some(finding)
}

fn no_pile_for_each_desk(seen: &Evidence, slice: usize) -> Option<Finding> {
    let thick = thickness(seen, 0);
    if thick != MATCHES.len().div_ceil(DESKS) {
        return None;
    }
    let finding = Finding::new("pile-for-each-desk", "The foreman is back, with two piles.")
        .seen(format!(
            "{thick} matches lay on one desk: half of the list, given away at the start."
        ))
        .expected(format!("{slice} on a desk at a time; the others wait in the lobby."))
        .why(
            "As many slices as desks leave nothing to whoever is done first. The list is divided \
             fairly, and the work is not.",
        )
        .read(&["agency", "map"]);
    Some(finding)
}

fn a_size_is_not_a_number(seen: &Evidence, slice: usize) -> Option<Finding> {
    let (thick, all) = (thickness(seen, 0), MATCHES.len());
    if thick != all / slice && thick != all.div_ceil(slice) {
        return None;
    }
    let finding = Finding::new("number-for-size", "The cake was cut into three, not into threes.")
        .seen(format!("{thick} matches lay on a desk together, of {all}: that makes {slice} slices."))
        .expected(format!("slices of {slice} matches, as many slices as it takes."))
        .why(
            "With the number of slices fixed, they grow with the list. What has to stay the same is \
             how much work a trip is worth.",
        )
        .read(&["map"]);
    Some(finding)
}

fn not_only_the_first(seen: &Evidence) -> Option<Finding> {
    let desk_of = |id: u32| seen.runs.iter().find(|r| r.slip == [id]).map(|r| r.pid);
    let first = MATCHES[..TOMORROW].iter().all(|&id| desk_of(id) == desk_of(MATCHES[0]));
    let thick = thickness(seen, 1);
    if !first || desk_of(MATCHES[TOMORROW]) == desk_of(MATCHES[0]) || thick == TOMORROW {
        return None;
    }
    let finding = Finding::new("only-the-first", "The first slice is cut by the ruler, and the rest by eye.")
        .seen(format!("the first slice had {TOMORROW} matches, and the desk with the second had {thick} in a row."))
        .expected(format!("{TOMORROW} matches in every slice but the last."))
        .why("A size is a rule for the whole list. What lies in one heap behind a good beginning is still a heap.")
        .read(&["map"]);
    Some(finding)
}

fn not_as_yesterday(seen: &Evidence) -> Option<Finding> {
    if thickness(seen, 1) != TODAY {
        return None;
    }
    let finding = Finding::new("as-yesterday", "Timothy cuts today’s cake with yesterday’s knife.")
        .seen(format!("{TODAY} matches lay on a desk together, as they had the last time."))
        .expected(format!("{TOMORROW} together: that is what the function was called with."))
        .why("Whoever calls knows how long the matches are. A number in the code knows how long they were.")
        .read(&["map"]);
    Some(finding)
}

fn as_thick_as_asked(seen: &Evidence, slice: usize, kept: usize) -> Option<Finding> {
    let thick = thickness(seen, kept);
    if thick == slice {
        return None;
    }
    let (check, headline, why) = if thick < slice {
        (
            "too-thin",
            "The clerks are on the stairs more than at their desks.",
            "By itself the agency sends slips one by one until it knows that they are short, and \
             fetches back what waits at a busy desk. A size that is asked for holds from the first.",
        )
    } else {
        (
            "too-thick",
            "One desk has a heap, and the other a view of it.",
            "What lies on a desk cannot be had by another. The thicker a slice, the more waits behind \
             one slow match.",
        )
    };
    let finding = Finding::new(check, headline)
        .seen(format!(
            "the desk that was kept had {thick} in a row from the list, beginning with the one at which it was kept."
        ))
        .expected(format!("{slice} matches travel to a desk together."))
        .why(why)
        .read(&["map"]);
    Some(finding)
}
