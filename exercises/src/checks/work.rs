//! Whether what was asked for was done: all of it, once, and nothing else. Must not know where or
//! by whom.

use std::collections::HashSet;

use super::{analyses, matches};
use crate::evidence::Evidence;
use crate::verdict::Finding;

/// Every slip was analyzed.
pub fn nothing_missing(evidence: &Evidence) -> Option<Finding> {
    let done: HashSet<&Vec<u32>> = evidence.runs.iter().map(|r| &r.slip).collect();
    let missing: Vec<&Vec<u32>> = evidence.slips.iter().filter(|s| !done.contains(s)).collect();
    let first = missing.first()?;
    let of = evidence.slips.len();
    let finding = Finding::new("missing", "Some matches never left the lobby.")
        .seen(format!(
            "{} of {of} analyzed; {} was never laid on a desk.",
            of - missing.len(),
            evidence.name(first)
        ))
        .expected("every match on the list is analyzed, whatever the length of the list.")
        .why(
            "A list that has lost a part of itself gives results that look complete. Nobody misses what was never begun.",
        )
        .read(&["map"]);
    Some(finding)
}

/// No slip was analyzed twice.
pub fn each_only_once(evidence: &Evidence) -> Option<Finding> {
    let again = evidence.slips.iter().find(|s| evidence.times(s) > 1)?;
    let finding = Finding::new("twice", "The agency has been asked the same thing twice.")
        .seen(format!(
            "{} was analyzed {} times; {} for {}.",
            evidence.name(again),
            evidence.times(again),
            analyses(evidence.runs.len()),
            matches(evidence.slips.len())
        ))
        .expected("each match is analyzed once.")
        .why(
            "A result in hand is kept, not computed again: every desk that does old work is a \
             desk that does no new work.",
        )
        .read(&["map"]);
    Some(finding)
}

/// Nothing was analyzed that is not on the list.
pub fn nothing_unasked(evidence: &Evidence) -> Option<Finding> {
    let extra = evidence.runs.iter().find(|r| !evidence.slips.contains(&r.slip))?;
    let finding =
        Finding::new("not-on-the-list", "A desk is busy with something that nobody asked for.")
            .seen(format!("{} was analyzed, and no slip says so.", evidence.name(&extra.slip)))
            .expected("what is analyzed is what stands on the slips.")
            .why(
                "A desk does what its slip says and asks no questions: what goes in must be \
                 right.",
            )
            .read(&["map"]);
    Some(finding)
}
