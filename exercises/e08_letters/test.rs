//! Grades `e08_letters`: waiting on threads, all at the same time; work at desks. Must not know how
//! the answer brings the two together, only who waits where and who works where.

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
const LETTERS: [u32; 8] = [101, 102, 103, 104, 105, 106, 107, 108];
/// What they are about. No number of a letter is one of a match.
const MATCHES: [u32; 8] = [8, 3, 11, 6, 1, 9, 4, 14];

/// The exercise, for one answer.
pub fn exercise(answer: Answer) -> Exercise {
    let slips = MATCHES.iter().map(|&id| vec![id]).collect();
    let scene = Scene::new("letters", "your function had returned", DESKS, slips)
        .letters(&LETTERS)
        .keeping(0, Until::Begun(MATCHES.len() - DESKS))
        .busy_for(MATCHES.len())
        .play(move || answer(&LETTERS))
        .checks(&[
            checks::it_ended,
            nobody_waits_at_a_desk,
            asked_for_once,
            checks::not_on_threads,
            checks::not_at_your_own_desk,
            checks::no_stranger,
            a_letter_is_no_match,
            all_are_waited_for_at_once,
            checks::it_returned,
            checks::under_a_seal,
            checks::signed_by_the_right_desk,
            checks::nothing_missing,
            checks::each_only_once,
            checks::nothing_unasked,
            checks::not_too_many,
            checks::enough_at_once,
            checks::one_lobby,
            checks::all_came_back,
            in_the_order_of_the_letters,
            checks::in_order,
        ])
        .checks(NOTHING_LEFT)
        .fact(|seen| {
            format!(
                "{} letters waited for at the same time on threads, {} desks at work at the same \
                 time, and nothing left behind.",
                seen.most_fetching, seen.most_at_once
            )
        });
    Exercise::new("e08_letters", vec![scene])
}

/// Grades the answer in this directory.
pub fn main() -> ExitCode {
    exercise(answer::answer_letters).main()
}

fn nobody_waits_at_a_desk(seen: &Evidence) -> Option<Finding> {
    let away = seen.fetches.iter().filter(|fetch| fetch.pid != seen.subject);
    let pids: std::collections::BTreeSet<u32> = away.map(|fetch| fetch.pid).collect();
    let first = pids.first()?;
    let finding = Finding::new(
        "waiting-at-a-desk",
        "The desks are taken, and everybody at them is looking out of the window.",
    )
    .seen(format!(
        "{} waited for the post, process {first} first; your own is {}.",
        checks::count(pids.len(), "other process", "other processes"),
        seen.subject
    ))
    .expected("letters are waited for on threads of your own process.")
    .why(
        "A desk that waits is taken, and no core is busy. A process each is a high price for \
             somebody who does nothing; a thread costs a stack.",
    )
    .read(&["waiting-is-not-work"]);
    Some(finding)
}

fn asked_for_once(seen: &Evidence) -> Option<Finding> {
    let times = |letter: u32| seen.fetches.iter().filter(|fetch| fetch.letter == letter).count();
    let letter = LETTERS.into_iter().find(|&letter| times(letter) > 1)?;
    let finding = Finding::new(
        "asked-twice",
        "The club in Hastings wonders why it is asked again.",
    )
    .seen(format!(
        "letter {letter} was asked for {} times; {} questions for {} letters.",
        times(letter),
        seen.fetches.len(),
        LETTERS.len()
    ))
    .expected("each letter is asked for once.")
    .why(
        "What has come is kept. Who asks twice waits twice, and so does whoever stands behind him.",
    )
    .read(&["waiting-is-not-work"]);
    Some(finding)
}

fn nobody_asked() -> Option<Finding> {
    let finding = Finding::new("no-letter", "Eight clubs wait to be asked, and nobody asks.")
        .seen("no letter was asked for.")
        .expected(format!("all {} letters are asked for, each once.", LETTERS.len()))
        .why("What is to be analyzed stands in the letters, and nowhere else.")
        .read(&["waiting-is-not-work"]);
    Some(finding)
}

fn a_letter_is_no_match(seen: &Evidence) -> Option<Finding> {
    let run = seen.runs.iter().find(|run| LETTERS.contains(&run.slip[0]))?;
    let finding = Finding::new("letter-for-a-match", "The desks analyze the envelopes.")
        .seen(format!("{} was analyzed, which is the number of a letter.", seen.name(&run.slip)))
        .expected(
            "what is analyzed is the match that stands in the letter: what `fetch_letter` returns.",
        )
        .why("Both are numbers, so the compiler cannot tell them apart.")
        .read(&["waiting-is-not-work"]);
    Some(finding)
}

/// The desks got the matches in another order: had they only been handed back in another,
/// the one that is kept would have begun long before its place.
fn in_the_order_of_the_letters(seen: &Evidence) -> Option<Finding> {
    let of_results: Vec<u32> = seen.results().iter().map(|r| r.match_id).collect();
    let at = (0..MATCHES.len()).find(|&at| of_results.get(at) != MATCHES.get(at))?;
    let stands = of_results.iter().position(|id| *id == MATCHES[at])?;
    let began = seen.runs.iter().position(|run| run.slip == [MATCHES[at]])?;
    if began.abs_diff(stands) >= DESKS {
        return None;
    }
    let finding = Finding::new("letters-shuffled", "The letters were on one pile, and the list on another.")
        .seen(format!(
            "letter {} says match {}, and its analysis stands in place {}; in its own place lies match {}.",
            LETTERS[at],
            MATCHES[at],
            stands + 1,
            of_results[at]
        ))
        .expected("the analyses come back in the order of the letters.")
        .why("Letters come when they come, and a channel or a lock hands them on like that. Join the handles in the order of the list.")
        .read(&["waiting-is-not-work"]);
    Some(finding)
}

fn all_are_waited_for_at_once(seen: &Evidence) -> Option<Finding> {
    let (most, all) = (seen.most_fetching, LETTERS.len());
    if most >= all {
        return None;
    }
    if most == 0 {
        return checks::it_returned(seen).or_else(nobody_asked);
    }
    let finding = if most == 1 {
        Finding::new("waiting-in-line", "Timothy waits for the post, eight times over.")
            .seen("1 letter was waited for at a time: the next was asked for when it had come.")
            .why(
                "Nobody works while he waits, so eight can wait as well as one. A loop that asks and \
                 waits, or spawns and joins, has one of them waiting.",
            )
    } else {
        Finding::new(
            "waiting-in-rows",
            "The waiting room has chairs for all, and they are called in by rows.",
        )
        .seen(format!("never more than {most} letters were waited for at the same time."))
        .why(
            "As many as there are cores is a rule for work. Whoever waits needs no core, so \
                 there is nothing to share out.",
        )
    };
    let finding = finding.expected(format!("all {all} letters are waited for at the same time."));
    Some(finding.read(&["waiting-is-not-work"]))
}
