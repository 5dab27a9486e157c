//! What went to the press, by whom and in which order. Must not know what it was to be.

use std::collections::BTreeSet;

use crate::evidence::{Evidence, Press};
use crate::season::{Refused, press_broken};
use crate::verdict::Finding;

/// Whether these words hold what the press said when it refused an analysis or broke down.
pub fn repeats_the_press(seen: &Evidence, words: &str) -> bool {
    let said = seen.prints.iter().find_map(|print| {
        let match_id = seen.run_of(print.seal)?.slip[0];
        match print.press {
            Press::Refused => Some(Refused { match_id }.to_string()),
            Press::Broke => Some(press_broken(match_id)),
            Press::Printed | Press::Blank(_) => None,
        }
    });
    said.is_some_and(|said| words.contains(&said))
}

/// The press stands in the program's own process.
pub fn printed_at_home(seen: &Evidence) -> Option<Finding> {
    let away = seen.prints.iter().find(|p| p.pid != seen.subject)?;
    let finding = Finding::new(
        "printed-at-the-desk",
        "The desks are running to the printer, each for itself.",
    )
    .seen(format!(
        "an analysis was brought to the press by process {}, a worker; your \
         program is process {}.",
        away.pid, seen.subject
    ))
    .expected("the desks analyze; your own process publishes what they hand back.")
    .why(
        "A worker knows its own slip and nothing else: not whose turn it is, and not that \
         the editor has refused one before.",
    )
    .read(&["agency"]);
    Some(finding)
}

/// These slips were printed, in this order, and nothing else.
pub fn printed_in_order(seen: &Evidence, due: &[Vec<u32>]) -> Option<Finding> {
    let printed: Vec<&Vec<u32>> =
        seen.prints.iter().filter_map(|p| seen.run_of(p.seal)).map(|r| &r.slip).collect();
    if printed.iter().copied().eq(due) {
        return None;
    }
    let there = printed.iter().collect::<BTreeSet<_>>().len();
    if there < due.len() {
        let finding = Finding::new("not-printed", "The paper has white columns.")
            .seen(format!("{there} of {} analyses were printed.", due.len()))
            .expected("every analysis goes to the press, once.")
            .why("An analysis that is thrown away was work for nothing.")
            .read(&["map"]);
        return Some(finding);
    }
    let at =
        printed.iter().zip(due).position(|(printed, due)| *printed != due).unwrap_or(due.len());
    let first = printed.get(at).map_or_else(|| "nothing".to_owned(), |slip| seen.name(slip));
    let turn = due.get(at).map_or_else(|| "nothing more".to_owned(), |slip| seen.name(slip));
    let finding =
        Finding::new("printed-out-of-order", "The readers find the last round on the front page.")
            .seen(format!(
                "number {} to be printed was {first}; it was the turn of {turn}.",
                at + 1
            ))
            .expected("analyses are printed in the order of the list, whoever was done first.")
            .why(
                "Desks finish when they finish. Whoever prints what comes first prints in the \
                 order of luck.",
            )
            .read(&["map"]);
    Some(finding)
}
