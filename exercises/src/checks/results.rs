//! What was handed back: real, signed, complete and in order. Must not know how the work was done.

use super::{analyses, count, matches};
use crate::evidence::Evidence;
use crate::verdict::Finding;

/// Every result carries a seal that was pressed onto an analysis.
pub fn under_a_seal(evidence: &Evidence) -> Option<Finding> {
    let results = evidence.results();
    let made_up: Vec<_> = results.iter().filter(|r| evidence.run_of(r.seal).is_none()).collect();
    let first = made_up.first()?;
    let finding = Finding::new(
        "made-up",
        "These analyses were written without looking at a match.",
    )
    .seen(format!(
        "{} of {} with a seal that nobody pressed, the one for match {} first; {} really begun.",
        made_up.len(),
        count(results.len(), "result", "results"),
        first.match_id,
        analyses(evidence.runs.len())
    ))
    .expected("every result is what the analysis function returned, unchanged.")
    .why("A result that nobody computed is a guess in good handwriting.")
    .read(&["map"]);
    Some(finding)
}

/// Every result names the process in which it was really done.
pub fn signed_by_the_right_desk(evidence: &Evidence) -> Option<Finding> {
    let forged = |r: &&crate::analysis::Analysis| {
        evidence.run_of(r.seal).is_some_and(|run| run.pid != r.desk)
    };
    let result = evidence.results().iter().find(forged)?;
    let run = evidence.run_of(result.seal)?;
    let whose = if run.pid == evidence.subject { ", which is your own program" } else { "" };
    let finding =
        Finding::new("forged", "The signature is not from the desk where the work was done.")
            .seen(format!(
                "the result for match {} is signed by process {}; the kernel saw it being done in \
                 process {}{whose}.",
                result.match_id, result.desk, run.pid
            ))
            .expected("results come back as the desk signed them.")
            .why(
                "Numbers written on a slip prove nothing. Other processes do the work, or they do \
                 not.",
            )
            .read(&["agency"]);
    Some(finding)
}

/// As many results as slips.
pub fn all_came_back(evidence: &Evidence) -> Option<Finding> {
    let (back, asked) = (evidence.results().len(), evidence.slips.len());
    if back == asked {
        return None;
    }
    let finding = Finding::new(
        "results-lost",
        "The pile that came back has not the height of the pile that went in.",
    )
    .seen(format!(
        "{} on the list, {} begun, {} returned.",
        matches(asked),
        analyses(evidence.runs.len()),
        count(back, "result", "results")
    ))
    .expected("one result for each match.")
    .why(
        "`map` gives back exactly one result for each item. Between it and your `return`, \
         something was dropped or added.",
    )
    .read(&["map"]);
    Some(finding)
}

/// Each result stands where its slip stood.
pub fn in_order(evidence: &Evidence) -> Option<Finding> {
    let slip_of = |r: &crate::analysis::Analysis| evidence.run_of(r.seal).map(|run| &run.slip);
    let pairs = evidence.results().iter().zip(&evidence.slips).enumerate();
    let (at, result, slip) = pairs
        .filter(|(_, (result, slip))| slip_of(result) != Some(*slip))
        .map(|(at, (result, slip))| (at, result, slip))
        .next()?;
    let got = slip_of(result).map_or_else(|| "nothing".to_owned(), |s| evidence.name(s));
    let finding = Finding::new("order", "The pile came back shuffled.")
        .seen(format!(
            "result number {} is for {got}; the list has {} there.",
            at + 1,
            evidence.name(slip)
        ))
        .expected("results in the order of the list, whoever was done first.")
        .why(
            "Desks finish when they finish. Only a method that puts each result back at the \
             place of its item lets you rely on the place.",
        )
        .read(&["map"]);
    Some(finding)
}
