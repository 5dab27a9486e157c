//! How a report looks on a terminal. Colors only where there is one: `anstream` takes them out
//! elsewhere. Must not know how anything was graded.

use std::path::Path;

use anstream::println;
use exercises::verdict::Finding;
use owo_colors::OwoColorize;

use crate::course::Exercise;
use crate::hints::HINTS;
use crate::report::{Report, Row, Standing};
use crate::stub::Reset;

const BAR: u32 = 24;
const ERROR_LINES_MAX: usize = 16;
const PRINTED_LINES_MAX: usize = 12;

/// The rows, the bar over the whole course, and what to do next.
pub(crate) fn report(report: &Report, course: &Report) {
    println!();
    let width = report.exercises.iter().map(|r| r.exercise.len()).max().unwrap_or(0);
    for row in &report.exercises {
        let mark =
            if row.is_solved() { "✔".green().to_string() } else { "·".dimmed().to_string() };
        let (stars, points) = (stars(row.stars), format!("{:>2}/{}", row.points, row.points_max));
        let stars = stars.yellow();
        println!("  {mark} {:<width$}  {stars}  {points}  {}", row.exercise.bold(), row.title);
    }
    println!("\n  {}\n", bar(course));
    if let Some(row) = report.next() {
        next(row);
    } else {
        solved(report);
        // What was found there may have been put right since.
        course.next().into_iter().for_each(pointer);
    }
}

fn stars(n: u32) -> String {
    (1..=3).map(|i| if i <= n { '★' } else { '☆' }).collect()
}

fn bar(report: &Report) -> String {
    let filled = report.points * BAR / report.points_max.max(1);
    let full = "█".repeat(filled as usize);
    let rest = "░".repeat((BAR - filled) as usize);
    let (all, done) = (report.exercises.len(), report.solved);
    format!(
        "{}{}  {} of {} points, {done} of {all} solved",
        full.green(),
        rest.dimmed(),
        report.points,
        report.points_max
    )
}

fn solved(report: &Report) {
    facts(report).iter().for_each(|line| println!("  {line}"));
    println!();
}

/// What was seen, and of which exercise where there are several.
fn facts(report: &Report) -> Vec<String> {
    let several = report.exercises.len() > 1;
    let mut lines = Vec::new();
    for row in &report.exercises {
        let Standing::Solved { facts } = &row.standing else { continue };
        if several {
            lines.push(format!("{}:", row.exercise));
        }
        let indent = if several { "  " } else { "" };
        lines.extend(facts.iter().map(|fact| format!("{indent}{fact}")));
    }
    lines
}

fn next(row: &Row) {
    pointer(row);
    standing(row);
}

/// Where to go on.
fn pointer(row: &Row) {
    let number = row.exercise.split('_').next().unwrap_or(&row.exercise);
    println!("{} {}, about {} minutes", "Next:".bold(), row.exercise.bold(), row.minutes);
    println!("  task      exercises/{}/README.md", row.exercise);
    println!("  answer    exercises/{}/exercise.rs", row.exercise);
    println!("  read      book/chapters/{}.md", row.chapter);
    println!("  hint      cargo grade {number} --hint\n");
}

fn standing(row: &Row) {
    match &row.standing {
        Standing::Solved { .. } | Standing::NotTried => {}
        Standing::NotYet { finding: found, printed } => {
            finding(found);
            excerpt("Your program printed:", printed, PRINTED_LINES_MAX);
        }
        Standing::DoesNotCompile { error } => {
            println!("{}", "It does not compile yet. The first thing the compiler says:".red());
            excerpt("", &from_the_answer(error), ERROR_LINES_MAX);
        }
        Standing::NotGraded { reason } => {
            println!("{}\n{}", "It could not be graded.".red(), reason.trim_end());
        }
    }
    println!();
}

/// The headline in red; the labels stand out, the words stay as they are.
fn finding(finding: &Finding) {
    let lines = finding.lines();
    println!("{}", lines[0].red());
    for line in &lines[1..] {
        let (label, text) = line.split_at_checked(12).unwrap_or((line, ""));
        println!("{}{text}", label.bold());
    }
}

/// An error that the compiler finds far below the answer: its first line, and the first place in the answer that it names.
fn from_the_answer(error: &str) -> String {
    let mut lines = error.lines();
    let (first, mut rest) = (lines.next().unwrap_or_default(), lines.clone());
    let below = lines
        .find(|line| line.trim_start().starts_with("-->"))
        .is_some_and(|line| !line.contains("exercise.rs"));
    let place = rest.find_map(|line| {
        let part = |c: char| c.is_alphanumeric() || "_-./:".contains(c);
        let named = line.split(|c: char| !part(c)).find(|word| word.contains("exercise.rs"))?;
        Some(named.trim_end_matches(':'))
    });
    match place.filter(|_| below) {
        Some(place) => format!("{first}\n --> {place}"),
        None => error.to_owned(),
    }
}

fn excerpt(head: &str, text: &str, lines_max: usize) {
    if text.trim().is_empty() {
        return;
    }
    if !head.is_empty() {
        println!("\n{head}");
    }
    let lines: Vec<&str> = text.trim_end().lines().collect();
    lines.iter().take(lines_max).for_each(|line| println!("  | {line}"));
    if lines.len() > lines_max {
        println!("  | … {} lines more", lines.len() - lines_max);
    }
}

/// One hint.
pub(crate) fn hint(exercise: &Exercise, number: usize) {
    println!("\n{} {number} of {HINTS} for {}\n", "Hint".bold(), exercise.slug.bold());
    exercise.readme.hints[number - 1].lines().for_each(|line| println!("  {line}"));
    if number == HINTS {
        println!(
            "\nThis was the last one. All of them stand in exercises/{}/README.md.",
            exercise.slug
        );
    }
    println!();
}

/// The solution, for somebody who has earned it or insists.
pub(crate) fn solution(exercise: &Exercise, text: &str) {
    println!("\n{} of exercises/{}\n", "Solution".bold(), exercise.slug);
    text.lines().for_each(|line| println!("  {line}"));
    println!();
}

/// An exercise has been begun, and this is left to do.
pub(crate) fn begun(slug: &str, left: &[String]) {
    println!("{} is there, and passes every test as it is. Now make it yours:", slug.bold());
    left.iter().for_each(|line| println!("  {line}"));
}

pub(crate) fn reset(exercise: &Exercise, reset: &Reset) {
    let answer = format!("exercises/{}/exercise.rs", exercise.slug);
    match reset {
        Reset::AsHandedOut => println!("{answer} is as it was handed out."),
        Reset::KeptAt(backup) => {
            let name = backup.file_name().map_or(backup.as_path(), Path::new);
            println!(
                "{answer} is as it was handed out; yours is kept in exercises/{}/{}.",
                exercise.slug,
                name.display()
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::course::sample;
    use crate::report::row;

    #[test]
    fn the_facts_of_several_exercises_say_whose_they_are() {
        let directory = tempfile::tempdir().unwrap();
        let course = sample(directory.path(), &[("e01_map", "a"), ("e02_imap", "b")]);
        let solved = |e| row(e, Standing::Solved { facts: vec!["Four desks.".to_owned()] });
        let rows: Vec<Row> = course.exercises.iter().map(solved).collect();
        assert_eq!(facts(&Report::from(rows[..1].to_vec())), ["Four desks."]);
        let both = ["e01_map:", "  Four desks.", "e02_imap:", "  Four desks."];
        assert_eq!(facts(&Report::from(rows)), both);
    }

    #[test]
    fn of_an_error_found_far_below_the_answer_is_shown() {
        let own = "error: no\n --> exercises/e01_map/exercise.rs:3:1\n  |\n3 | x";
        assert_eq!(from_the_answer(own), own);
        let below = "error[E0080]: captures\n --> pool-lib/src/a.rs:9:9\n  |\n9 | assert\n  | \
                     `Unary<{closure@exercises/e01_map/exercise.rs:3:19: 3:34}, u32>::run`\n\nnote: inside";
        let shown = "error[E0080]: captures\n --> exercises/e01_map/exercise.rs:3:19";
        assert_eq!(from_the_answer(below), shown);
        let elsewhere = "error: no\n --> exercises/e01_map/test.rs:3:1";
        assert_eq!(from_the_answer(elsewhere), elsewhere);
    }
}
