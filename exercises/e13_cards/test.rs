//! Grades `e13_cards`: four cards at the same time, and positions without an end on one of them that cost
//! this card and no other. Must not know how the answer gives up, only what comes to the press.

#[cfg_attr(feature = "solutions", path = "solution.rs")]
#[cfg_attr(not(feature = "solutions"), path = "exercise.rs")]
#[forbid(unsafe_code)]
#[allow(unreachable_pub)]
mod answer;

use std::process::ExitCode;
use std::time::Duration;
// By their names, so that an answer cannot put macros of its own in their place.
use std::{format, matches, vec};

use exercises::checks::{self, NOTHING_LEFT};
use exercises::evidence::{Ending, Evidence, Press};
use exercises::exercise::Exercise;
use exercises::scene::{Fault, Outcome, Scene, Until};
use exercises::season::Card;
use exercises::verdict::Finding;

/// What the reader writes.
pub type Answer = fn(&[Card], Duration) -> Outcome<()>;

const DESKS: usize = 3;
/// A thousand times what a position takes here: what has an end comes to it. The others are for a busy machine.
const LIMITS: [Duration; 3] =
    [Duration::from_secs(2), Duration::from_secs(5), Duration::from_secs(12)];
/// No match is on two cards; there are fewer rows on the first than desks, and more behind the lost one than on it.
const CARDS: [&[(u32, u32, u32)]; 4] = [
    &[(51, 30, 4), (58, 41, 6)],
    &[(54, 22, 5), (57, 36, 3)],
    &[(62, 25, 3), (60, 48, 7), (53, 27, 4), (56, 39, 5)],
    &[(59, 33, 6), (52, 44, 3), (55, 28, 4), (61, 46, 5), (63, 35, 3), (64, 50, 4)],
];
/// As many positions without an end as there are desks, all on this card, behind one that has an end.
const LOST: usize = 3;

/// The exercise, for one answer.
pub fn exercise(answer: Answer) -> Exercise {
    let slips: Vec<Vec<u32>> = rows().map(|(m, first, depth)| vec![m, first, depth]).collect();
    let endless: Vec<_> = CARDS[LOST - 1][1..].iter().map(|row| (row.0, Fault::Endless)).collect();
    let scene = Scene::new("cards", "your function had returned", DESKS, slips)
        .describe(|slip| format!("match {} from move {}, {} deep", slip[0], slip[1], slip[2]))
        .faults(&endless)
        .keeping(0, Until::Begun(1))
        .play_within(&LIMITS, move |limit| {
            let cards: Vec<Card> = CARDS.iter().map(|rows| rows.to_vec()).collect();
            answer(&cards, limit).map(|()| Vec::new())
        })
        .checks(&[
            checks::not_on_threads,
            checks::not_at_your_own_desk,
            checks::no_stranger,
            checks::printed_at_home,
            checks::nothing_unasked,
            one_card_after_the_other,
            nobody_waits_for_ever,
            checks::it_ended,
            tried_once,
            a_card_has_a_number_of_its_own,
            the_cards_are_not_given_up,
            no_failure_to_report,
            no_end_at_the_lost_card,
            no_desk_stays_lost,
            no_card_is_passed_over,
            the_bulletin_goes_on,
            checks::nothing_missing,
            checks::not_too_many_at_once,
            checks::not_too_many,
            checks::enough_at_once,
            a_lost_card_is_blank,
            every_card_in_its_place,
        ])
        .checks(NOTHING_LEFT)
        .fact(|seen| {
            format!(
                "{} columns: three cards whole, and one blank for the positions without an end.",
                seen.prints.len()
            )
        });
    Exercise::new("e13_cards", vec![scene])
}

/// Grades the answer in this directory.
pub fn main() -> ExitCode {
    exercise(answer::print_cards).main()
}

fn rows() -> impl Iterator<Item = (u32, u32, u32)> {
    CARDS.iter().flat_map(|rows| rows.iter().copied())
}

/// What stands in a column: an analysis of this match, or the blank for this card.
#[derive(PartialEq)]
enum Column {
    Match(u32),
    Blank(u32),
}

fn columns(seen: &Evidence) -> Vec<Column> {
    let column = |print: &exercises::evidence::Print| match print.press {
        Press::Blank(card) => Some(Column::Blank(card)),
        _ => seen.run_of(print.seal).map(|run| Column::Match(run.slip[0])),
    };
    seen.prints.iter().filter_map(column).collect()
}

fn due() -> Vec<Column> {
    let mut due = Vec::new();
    for (at, rows) in CARDS.iter().enumerate() {
        if at == LOST - 1 {
            due.push(Column::Blank(LOST as u32));
        } else {
            due.extend(rows.iter().map(|row| Column::Match(row.0)));
        }
    }
    due
}

fn how_it_failed(seen: &Evidence) -> Option<String> {
    match &seen.ending {
        Ending::Failed(e) => Some(format!("your function returned the error “{e}”")),
        Ending::Panicked(words) => Some(format!("your function {}", checks::panicked(words))),
        _ => None,
    }
}

fn one_card_after_the_other(seen: &Evidence) -> Option<Finding> {
    let alone = CARDS[0].len();
    if seen.prints.first().is_none_or(|print| print.begun > alone) {
        return None;
    }
    let finding = Finding::new("card-by-card", "Three desks, and two positions: the next card is still in the drawer.")
        .seen(format!(
            "when the first column came to the press, {} had begun: those of the first card at most.",
            checks::count(seen.prints[0].begun, "position", "positions")
        ))
        .expected("all cards are handed over before the first of them is waited for.")
        .why(
            "A handle that is waited for at once is a call. So is a chain of iterators: it is lazy, and \
             hands over a card, waits for it, and hands over the next.",
        )
        .read(&["agency", "imap"]);
    Some(finding)
}

fn nobody_waits_for_ever(seen: &Evidence) -> Option<Finding> {
    let Ending::Stuck(how) = &seen.ending else { return None };
    let finding = Finding::new(
        "waits-for-ever",
        "The lamps burn, three clerks think, and the bulletin does not appear.",
    )
    .seen(format!("{how}."))
    .expected(format!(
        "a position that takes longer than {} seconds is given up.",
        seen.limit.as_secs()
    ))
    .why(
        "A desk cannot tell a position that takes long from one that has no end. Whoever hands out \
             the slip can say how long is too long.",
    )
    .read(&["agency"]);
    Some(finding)
}

fn tried_once(seen: &Evidence) -> Option<Finding> {
    let again = seen.slips.iter().find(|slip| seen.times(slip) > 1)?;
    let finding = Finding::new(
        "tried-again",
        "What had no end the first time has none the second.",
    )
    .seen(format!("{} was begun {} times.", seen.name(again), seen.times(again)))
    .expected("each position is tried once; one that has no end costs its card.")
    .why(
        "Another attempt at a position without an end takes a desk for as long again, for nothing.",
    )
    .read(&["imap"]);
    Some(finding)
}

fn the_cards_are_not_given_up(seen: &Evidence) -> Option<Finding> {
    let printed = columns(seen).iter().any(|column| matches!(column, Column::Match(_)));
    if printed {
        return None;
    }
    let how = how_it_failed(seen).unwrap_or_else(|| "your function returned".to_owned());
    let finding = Finding::new("all-cards-lost", "One card is lost, and all of them go to the bin.")
        .seen(format!("no analysis came to the press; {how}."))
        .expected("the three other cards are printed whole.")
        .why(
            "A call has one result: all of its list, or an error. What may fail apart has to be asked for \
             apart, a call for each card.",
        )
        .read(&["starmap", "map"]);
    Some(finding)
}

fn a_card_has_a_number_of_its_own(seen: &Evidence) -> Option<Finding> {
    let cards = CARDS.len() as u32;
    let number = columns(seen).into_iter().find_map(|column| match column {
        Column::Blank(number) if !(1..=cards).contains(&number) => Some(number),
        _ => None,
    })?;
    let finding = Finding::new("blank-for-no-card", "The editor looks for a card that nobody has sent.")
        .seen(format!("`leave_blank` was called for {number}; cards are counted 1 to {cards}."))
        .expected("the number of the card that is lost, and of no match on it.")
        .why("To `leave_blank` a number is a number. Here the paper has a place for each card, and one blank for all of its rows.")
        .read(&["starmap"]);
    Some(finding)
}

fn no_failure_to_report(seen: &Evidence) -> Option<Finding> {
    let how = how_it_failed(seen).filter(|_| columns(seen) == due())?;
    let finding = Finding::new(
        "failed-all-the-same",
        "The bulletin is complete, and you told the editor that it failed.",
    )
    .seen(format!("all {} columns were as they should be; then {how}.", due().len()))
    .expected("the function returns `Ok`.")
    .why("The blank has told of the loss already. An error says that there is no bulletin.")
    .read(&["imap"]);
    Some(finding)
}

fn the_bulletin_goes_on(seen: &Evidence) -> Option<Finding> {
    let (columns, due) = (columns(seen), due());
    let all_so_far = columns.len() < due.len() && due.starts_with(&columns);
    if !all_so_far || columns.last() != Some(&Column::Blank(LOST as u32)) {
        return None;
    }
    let finding = Finding::new("ends-at-the-blank", "The bulletin ends where the lost card was.")
        .seen(format!(
            "{} of {} columns came to the press, the last of them the blank for card {LOST}.",
            columns.len(),
            due.len()
        ))
        .expected("behind a card that is lost, the next one is printed.")
        .why("A `break` ends the loop for all that stand behind the lost card, and they have done nothing.")
        .read(&["starmap"]);
    Some(finding)
}

fn no_end_at_the_lost_card(seen: &Evidence) -> Option<Finding> {
    let how = how_it_failed(seen)?;
    let finding = Finding::new("gave-up-midway", "The bulletin ends where the endgame began.")
        .seen(format!(
            "{} of {} columns came to the press; then {how}.",
            seen.prints.len(),
            due().len()
        ))
        .expected("behind a card that is lost, the next one is printed.")
        .why("A `?` makes the error of one card the end of all that stand behind it.")
        .read(&["imap"]);
    Some(finding)
}

fn no_desk_stays_lost(seen: &Evidence) -> Option<Finding> {
    let blank = |card: usize| columns(seen).contains(&Column::Blank(card as u32));
    let neighbor = (1..=CARDS.len()).find(|&card| card != LOST && blank(card))?;
    if !blank(LOST) {
        let finding = Finding::new(
            "wrong-card",
            "The paper regrets the loss of a card that nobody has lost.",
        )
        .seen(format!(
            "the column of card {neighbor} was left blank, and that of card {LOST} was not."
        ))
        .expected(format!("the column of card {LOST} is left blank, and no other."))
        .why("Editors count their cards from 1, and a program from 0.")
        .read(&["imap"]);
        return Some(finding);
    }
    let finding = Finding::new("neighbors-lost", "One clerk was sent home, and the whole office has put its hat on.")
        .seen(format!(
            "card {LOST} was given up, and then card {neighbor}, on which every position has an end."
        ))
        .expected(format!("only the column of card {LOST} is left blank."))
        .why(
            "A worker that is ended takes one slip along. The agency hires another, and whatever lay on \
             the other cards goes on; elsewhere pools break, and this one does not.",
        )
        .read(&["starmap", "imap"]);
    Some(finding)
}

fn no_card_is_passed_over(seen: &Evidence) -> Option<Finding> {
    if columns(seen).contains(&Column::Blank(LOST as u32)) {
        return None;
    }
    let finding = Finding::new("card-hidden", "There are three cards in the bulletin, and nobody misses the fourth.")
        .seen(format!("{} to the press, and not a word about card {LOST}.", checks::count(seen.prints.len(), "column came", "columns came")))
        .expected(format!("`leave_blank({LOST})` in the place of the card that is lost."))
        .why("What is filtered out has never been there. The editor wants to know what she does not get.")
        .read(&["imap"]);
    Some(finding)
}

fn a_lost_card_is_blank(seen: &Evidence) -> Option<Finding> {
    let lost = CARDS[LOST - 1][0].0;
    if !columns(seen).contains(&Column::Match(lost)) {
        return None;
    }
    let finding = Finding::new("torso", "The editor has half a card in his hand, and asks for the other half.")
        .seen(format!("match {lost} is in print; other positions of its card never end, and its column is blank as well."))
        .expected(format!("a blank for card {LOST}, and nothing else of it."))
        .why(
            "A card is a whole: its player compares its rows. A result that is there helps nobody when the one beside it \
             is not.",
        )
        .read(&["starmap"]);
    Some(finding)
}

fn every_card_in_its_place(seen: &Evidence) -> Option<Finding> {
    let (columns, due) = (columns(seen), due());
    let at = (0..due.len().max(columns.len())).find(|&at| columns.get(at) != due.get(at))?;
    let name = |column: Option<&Column>| match column {
        Some(Column::Match(id)) => format!("match {id}"),
        Some(Column::Blank(card)) => format!("the blank for card {card}"),
        None => "nothing".to_owned(),
    };
    let finding =
        Finding::new("out-of-place", "The cards are in the paper, and in each other’s places.")
            .seen(format!(
                "column {} has {}; it was the turn of {}.",
                at + 1,
                name(columns.get(at)),
                name(due.get(at))
            ))
            .expected("card by card, row by row, each in the place where it was asked for.")
            .why("Handles are done in any order. They are waited for in yours.")
            .read(&["starmap"]);
    Some(finding)
}
