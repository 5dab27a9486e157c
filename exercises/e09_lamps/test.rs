//! Grades `e09_lamps`: as many desks as the kernel lets this process have cores, no more on a core that
//! is shared and no fewer on a machine that is free. Must not know how the answer counts them.

#[cfg_attr(feature = "solutions", path = "solution.rs")]
#[cfg_attr(not(feature = "solutions"), path = "exercise.rs")]
#[forbid(unsafe_code)]
#[allow(unreachable_pub)]
mod answer;

use std::process::ExitCode;
use std::{fs, thread};
// By their names, so that an answer cannot put macros of its own in their place.
use std::{format, vec};

use exercises::checks::{self, NOTHING_LEFT};
use exercises::evidence::Evidence;
use exercises::exercise::Exercise;
use exercises::scene::{Check, Outcome, Scene};
use exercises::season::Analysis;
use exercises::verdict::Finding;

/// What the reader writes.
pub type Answer = fn(&[u32]) -> Outcome<Vec<Analysis>>;

/// Far more than there are lamps, in one of the scenes.
const MATCHES: u32 = 29;

/// The exercise, for one answer.
pub fn exercise(answer: Answer) -> Exercise {
    Exercise::new("e09_lamps", vec![one_lamp(answer), every_lamp(answer)])
}

/// Grades the answer in this directory.
pub fn main() -> ExitCode {
    exercise(answer::analyze_anywhere).main()
}

const WORK: &[Check] = &[
    checks::it_ended,
    checks::it_returned,
    checks::under_a_seal,
    checks::signed_by_the_right_desk,
    checks::not_on_threads,
    one_desk_is_a_desk,
    checks::not_at_your_own_desk,
    checks::no_stranger,
    checks::nothing_missing,
    checks::each_only_once,
    checks::nothing_unasked,
    a_desk_is_not_a_match,
    not_hired_for_the_sign,
    not_by_habit,
    checks::not_too_many,
    no_lamp_unused,
    checks::enough_at_once,
    checks::all_came_back,
    checks::in_order,
];

/// `n` numbers, not in their order; `n` and 7 have no factor in common.
fn numbers(n: u32) -> Vec<u32> {
    (0..n).map(|i| 1 + i * 7 % n).collect()
}

fn scene(name: &'static str, moment: &'static str, desks: usize, n: u32, answer: Answer) -> Scene {
    let match_ids = numbers(n);
    let slips = match_ids.iter().map(|&id| vec![id]).collect();
    Scene::new(name, moment, desks, slips).play(move || answer(&match_ids))
}

/// A contract for one core, on whatever machine: all desks are counted.
fn one_lamp(answer: Answer) -> Scene {
    scene("one-lamp", "your function had returned, in a place with one lamp", 1, MATCHES, answer)
        .checks(WORK)
        .checks(NOTHING_LEFT)
        .fact(|_| "In a place with one lamp: one desk.".to_owned())
}

/// Everything that this machine allows.
fn every_lamp(answer: Answer) -> Scene {
    let n = 7 * 2 * lamps() as u32 + 1;
    scene("every-lamp", "your function had returned, with every lamp lit", lamps(), n, answer)
        .on_all_cores()
        .busy_for(n as usize)
        .checks(WORK)
        .checks(NOTHING_LEFT)
        .fact(|seen| {
            let (desks, matches) = (seen.most_at_once, seen.results().len());
            format!("With every lamp lit: {desks} desks at the same time, {matches} matches.")
        })
}

/// The cores that the kernel allows this process, by affinity and by quota.
fn lamps() -> usize {
    thread::available_parallelism().map_or(1, usize::from)
}

/// The processors that everybody is shown, allowed or not.
fn sign() -> usize {
    let shown = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    shown.lines().filter(|line| line.starts_with("processor")).count()
}

fn too_many(seen: &Evidence) -> Option<usize> {
    Some(seen.most_at_once).filter(|&desks| desks > seen.desks)
}

fn cores(n: usize) -> String {
    if n == 1 { "1 core".to_owned() } else { format!("{n} cores") }
}

/// Where one desk would be no faster than none.
fn one_desk_is_a_desk(seen: &Evidence) -> Option<Finding> {
    let finding = Finding {
        headline: "One lamp, one desk: the wall is what you pay for.".to_owned(),
        why: "One desk is done no sooner than you are yourself. But a crash there costs one match, and the same crash at \
              your own desk the whole program."
            .to_owned(),
        ..checks::not_at_your_own_desk(seen).filter(|_| seen.desks == 1)?
    };
    Some(finding)
}

fn a_desk_is_not_a_match(seen: &Evidence) -> Option<Finding> {
    let desks = too_many(seen).filter(|&desks| desks == seen.slips.len())?;
    let finding = Finding::new("desk-for-every-match", "The club has rented a ballroom.")
        .seen(format!(
            "{desks} desks for {desks} matches, and {} for all of them.",
            cores(seen.desks)
        ))
        .expected("as many desks as cores; the other matches wait in the lobby.")
        .why(
            "A match does not ask for a desk, it asks for a turn. The list will be longer next \
             year, and the machine will not.",
        )
        .read(&["how-many-desks"]);
    Some(finding)
}

fn not_hired_for_the_sign(seen: &Evidence) -> Option<Finding> {
    let desks = too_many(seen).filter(|&desks| desks == sign())?;
    let finding = Finding::new(
        "hired-for-the-sign",
        "There is a desk for every lamp on the sign, and not for every lamp.",
    )
    .seen(format!(
        "{desks} desks at the same time, as many as the sign says; the kernel allows this program {}.",
        cores(seen.desks)
    ))
    .expected(format!("{} at the same time, as the contract says.", checks::desks(seen.desks)))
    .why(
        "The sign is about the machine. What you may use of it, the kernel keeps for each \
             process, and it is there to be asked.",
    )
    .read(&["how-many-desks"]);
    Some(finding)
}

fn not_by_habit(seen: &Evidence) -> Option<Finding> {
    let desks = too_many(seen)?;
    let finding =
        Finding::new("by-habit", "A landlord lets one room, and the whole club moves in.")
            .seen(format!(
                "{desks} desks at the same time; the kernel allows this program {}.",
                cores(seen.desks)
            ))
            .expected(format!("{} at the same time: one for each core.", checks::desks(seen.desks)))
            .why(
                "A number in the program was right for the machine on which it was written. Desks \
             beyond the lamps take turns, and memory.",
            )
            .read(&["how-many-desks"]);
    Some(finding)
}

fn no_lamp_unused(seen: &Evidence) -> Option<Finding> {
    // Several desks, of which one is in use, are another story.
    let few = seen.most_at_once < seen.desks && seen.workers().len() == seen.most_at_once;
    if !few || seen.idle > 1 {
        return None;
    }
    let finding = Finding::new(
        "lamps-unused",
        "The lamps are paid for, and nobody sits below them.",
    )
    .seen(format!(
        "never more than {} at work at the same time; the kernel allows this program {}.",
        checks::desks(seen.most_at_once),
        cores(seen.desks)
    ))
    .expected(format!("{} at the same time: one for each core.", checks::desks(seen.desks)))
    .why(
        "Caution with a number in it is a habit as well: the same program would use one core \
             of 64. Ask how many there are.",
    )
    .read(&["how-many-desks"]);
    Some(finding)
}
