//! Grades `e06_torn_page`: one analysis panics, one worker is killed, and every other match is in
//! print, in order, with a blank column for those two. Must not know how the answer takes its
//! results, only what comes to the press.

#[cfg_attr(feature = "solutions", path = "solution.rs")]
#[cfg_attr(not(feature = "solutions"), path = "exercise.rs")]
#[forbid(unsafe_code)]
#[allow(unreachable_pub)]
mod answer;

use std::process::ExitCode;
// By their names, so that an answer cannot put macros of its own in their place.
use std::{format, vec};

use exercises::checks::{self, NOTHING_LEFT};
use exercises::evidence::{Ending, Evidence, Press};
use exercises::exercise::Exercise;
use exercises::scene::{Fault, Outcome, Scene, Until};
use exercises::verdict::Finding;

/// What the reader writes.
pub type Answer = fn(&[u32]) -> Outcome<()>;

const DESKS: usize = 2;
const POST: [u32; 9] = [34, 23, 29, 26, 32, 25, 31, 28, 22];
const TORN: u32 = POST[3];
const IN_THE_DARK: u32 = POST[6];
const LOST: [u32; 2] = [TORN, IN_THE_DARK];

/// The exercise, for one answer.
pub fn exercise(answer: Answer) -> Exercise {
    let slips = POST.iter().map(|&id| vec![id]).collect();
    let scene = Scene::new("post", "your function had returned", DESKS, slips)
        // While the first goes on, all others have to begin.
        .keeping(0, Until::Begun(5))
        .busy_for(POST.len())
        .faults(&[(TORN, Fault::Torn), (IN_THE_DARK, Fault::LightsOut)])
        .play(move || answer(&POST).map(|()| Vec::new()))
        .checks(&[
            checks::not_on_threads,
            // Before how it ended: at one's own desk, the dark takes the whole program along.
            checks::not_at_your_own_desk,
            checks::it_ended,
            checks::no_stranger,
            checks::printed_at_home,
            tried_once,
            checks::not_too_many_at_once,
            checks::not_too_many,
            checks::enough_at_once,
            checks::one_lobby,
            the_list_is_not_given_up,
            no_failure_to_report,
            no_end_at_the_first_hole,
            the_paper_goes_on,
            no_hole_is_hidden,
            checks::nothing_missing,
            checks::nothing_unasked,
            nothing_blank_that_was_analyzed,
            every_match_in_its_place,
        ])
        .checks(NOTHING_LEFT)
        .fact(|seen| {
            let columns = seen.prints.len();
            format!(
                "{columns} columns in order, two of them blank: a panic and a killed worker, and \
                 nothing left behind."
            )
        });
    Exercise::new("e06_torn_page", vec![scene])
}

/// Grades the answer in this directory.
pub fn main() -> ExitCode {
    exercise(answer::publish_post).main()
}

/// What stands in a column: a match with or without its analysis.
fn columns(seen: &Evidence) -> Vec<(u32, bool)> {
    let column = |print: &exercises::evidence::Print| match print.press {
        Press::Blank(match_id) => Some((match_id, false)),
        _ => seen.run_of(print.seal).map(|run| (run.slip[0], true)),
    };
    seen.prints.iter().filter_map(column).collect()
}

fn how_it_failed(seen: &Evidence) -> Option<String> {
    match &seen.ending {
        Ending::Failed(e) => Some(format!("your function returned the error “{e}”")),
        Ending::Panicked(words) => Some(format!("your function {}", checks::panicked(words))),
        _ => None,
    }
}

fn tried_once(seen: &Evidence) -> Option<Finding> {
    let again = LOST.iter().find(|&&id| seen.times(&[id]) > 1)?;
    let finding = Finding::new(
        "tried-again",
        "The torn page goes from desk to desk, and stays torn.",
    )
    .seen(format!("match {again} was begun {} times.", seen.times(&[*again])))
    .expected("each match is tried once; one that fails is reported.")
    .why(
        "Another attempt helps against bad luck. What fails on every desk takes a worker from \
             the others each time, and fails again.",
    )
    .read(&["imap"]);
    Some(finding)
}

fn the_list_is_not_given_up(seen: &Evidence) -> Option<Finding> {
    let how = how_it_failed(seen).filter(|_| seen.prints.is_empty())?;
    let finding = Finding::new(
        "list-lost",
        "One page is torn, and the whole post goes to the bin.",
    )
    .seen(format!("nothing came to the press; {how}."))
    .expected("the analyses that could be had are printed, and the function returns `Ok`.")
    .why(
        "`map` owes a complete list: with a hole in it, it has only the error to give. Where \
             holes are to be expected, ask for results one by one.",
    )
    .read(&["imap"]);
    Some(finding)
}

/// The columns that are to be in the paper.
fn due() -> Vec<(u32, bool)> {
    POST.iter().map(|&id| (id, !LOST.contains(&id))).collect()
}

fn no_failure_to_report(seen: &Evidence) -> Option<Finding> {
    let how = how_it_failed(seen).filter(|_| columns(seen) == due())?;
    let finding = Finding::new("failed-all-the-same", "All columns are there, and Timothy reports a failure.")
        .seen(format!("{} columns came to the press, each as it should be; then {how}.", POST.len()))
        .expected("the function returns `Ok`.")
        .why(
            "A lost match is no reason to return an error: its blank column has told of it already, and an error says that \
             there is no paper.",
        )
        .read(&["imap"]);
    Some(finding)
}

fn the_paper_goes_on(seen: &Evidence) -> Option<Finding> {
    let (columns, due) = (columns(seen), due());
    let all_so_far = columns.len() < due.len() && due.starts_with(&columns);
    let last = columns.last().filter(|_| all_so_far)?;
    if last.1 && due[columns.len()].1 {
        return None;
    }
    let lost = if last.1 { due[columns.len()].0 } else { last.0 };
    let finding = Finding::new("ends-at-the-hole", "The paper ends at the first hole.")
        .seen(format!("{} of {} columns came to the press; match {lost} had no analysis.", columns.len(), due.len()))
        .expected("behind a match without an analysis the list goes on.")
        .why("A `break` ends the loop, and with it the call: what is behind the hole is dropped, done or not.")
        .read(&["imap"]);
    Some(finding)
}

fn nothing_blank_that_was_analyzed(seen: &Evidence) -> Option<Finding> {
    let columns = columns(seen);
    let blank =
        columns.iter().filter(|(id, there)| !there && POST.contains(id) && !LOST.contains(id));
    let (first, count) = (blank.clone().next()?.0, blank.count());
    let finding = Finding::new("blank-all-the-same", "The work is done, and the column is white.")
        .seen(format!(
            "match {first} was analyzed, and its column was left blank, as {} in all that had an analysis.",
            checks::count(count, "was one", "were")
        ))
        .expected("only the columns of matches without an analysis stay blank.")
        .why(
            "One match in the list that fails is one analysis less, and all others are there to be had, if they are asked \
             for one by one.",
        )
        .read(&["imap"]);
    Some(finding)
}

fn no_end_at_the_first_hole(seen: &Evidence) -> Option<Finding> {
    let how = how_it_failed(seen)?;
    let finding = Finding::new("gave-up-midway", "The paper ends in the middle of the page.")
        .seen(format!("{} of {} columns came to the press; then {how}.", seen.prints.len(), POST.len()))
        .expected("behind a match without an analysis the list goes on.")
        .why(
            "A `?` in the loop ends it at the first error, of whichever kind, and drops the results \
             behind it. A lost match is an item like the others.",
        )
        .read(&["imap"]);
    Some(finding)
}

fn no_hole_is_hidden(seen: &Evidence) -> Option<Finding> {
    let columns = columns(seen);
    let told = |id: u32| columns.contains(&(id, false));
    let unheard: Vec<u32> = LOST.into_iter().filter(|&id| !told(id)).collect();
    let (first, blanks) = (unheard.first()?, columns.iter().filter(|c| !c.1).count());
    let finding = match (unheard.len(), blanks) {
        (_, 1..) if blanks + unheard.len() > LOST.len() => {
            Finding::new("wrong-hole", "The paper regrets the loss of a match that nobody has lost.")
                .seen(format!("{blanks} columns were left blank, and none of them for match {first}, which was lost."))
                .expected("a blank column bears the number of the match that has no analysis.")
                .why(
                    "The pool counts its tasks from 0 and has never seen a number on a scorebook. \
                     Which match an index means is for you to look up.",
                )
                .read(&["imap"])
        }
        (1, _) => Finding::new("half-the-holes", "The lamp went out, and nobody was told.")
            .seen(format!("{} filled, {blanks} left blank, and match {first} is neither.", checks::count(columns.len() - blanks, "column was", "columns were")))
            .expected("a blank column for each match without an analysis, whatever befell it.")
            .why(
                "A panic leaves words, a killed worker leaves none; both come back as an error of \
                 their item. What handles only the one loses the other.",
            )
            .read(&["imap"]),
        _ => Finding::new("hole-hidden", "The columns have closed up, and nobody misses anybody.")
            .seen(format!("{} in print, and not a word about match {first}.", checks::analyses(columns.len())))
            .expected("a blank column for each match without an analysis, in its turn.")
            .why(
                "An error that is filtered out is a match that was never played: `flatten` and `ok` \
                 make a list that looks complete.",
            )
            .read(&["imap"]),
    };
    Some(finding)
}

fn every_match_in_its_place(seen: &Evidence) -> Option<Finding> {
    let columns = columns(seen);
    let due = due();
    let at = (0..due.len().max(columns.len())).find(|&at| columns.get(at) != due.get(at))?;
    let name = |column: Option<&(u32, bool)>| match column {
        Some((id, true)) => format!("match {id}"),
        Some((id, false)) => format!("the blank for match {id}"),
        None => "nothing".to_owned(),
    };
    let finding = Finding::new(
        "out-of-place",
        "The holes are in the paper, but not where the matches were.",
    )
    .seen(format!(
        "column {} has {}; it was the turn of {}.",
        at + 1,
        name(columns.get(at)),
        name(due.get(at))
    ))
    .expected("one column for each match, in the order of the list, blank or not.")
    .why("Readers find a match by its place. A hole belongs where its match would have been.")
    .read(&["imap"]);
    Some(finding)
}
