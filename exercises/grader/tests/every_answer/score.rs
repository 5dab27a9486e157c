//! How many mutants of a solution the judge catches, and the place in the README where that is said.
//! Must not know what any mutant changes.

use std::fmt::Write as _;

use libtest_mimic::Failed;

use crate::{Entry, Kind, exercises_directory, grade};

const MUTANTS_MIN: usize = 5;
const BEGIN: &str = "<!-- score: written by the tests, SCORES=write cargo test -p grader --test every_answer -- mutant -->\n";
const END: &str = "<!-- score: end -->\n";

/// Grades every mutant of one exercise: each has to be caught. With `SCORES=write` how many that are is put into the README, otherwise
/// it has to stand there.
pub(crate) fn of_mutants(exercise: &str, entries: &[&Entry]) -> Result<(), Failed> {
    let (mut escaped, mut all) = (String::new(), 0);
    for entry in entries {
        let Kind::Mutant(change) = entry.kind else { continue };
        all += 1;
        if grade(entry)?.0.passed() {
            let _ = writeln!(escaped, "{}: {change}", entry.answer);
        }
    }
    if !escaped.is_empty() {
        return Err(format!("nobody noticed\n{escaped}").into());
    }
    if all < MUTANTS_MIN {
        return Err(format!("{all} mutants, of at least {MUTANTS_MIN}").into());
    }
    publish(
        exercise,
        &format!("The judge catches {all} of {all} [mutants](mutations.txt) of the solution.\n"),
    )
}

fn publish(exercise: &str, score: &str) -> Result<(), Failed> {
    let path = exercises_directory().join(exercise).join("README.md");
    let name = path.display();
    let text = std::fs::read_to_string(&path).map_err(|e| format!("{name}: {e}"))?;
    let parts =
        text.split_once(BEGIN).and_then(|(before, rest)| Some((before, rest.split_once(END)?)));
    let (before, (stands, after)) =
        parts.ok_or_else(|| format!("{name}: no place for the score:\n{BEGIN}{END}"))?;
    if stands == score {
        return Ok(());
    }
    if std::env::var("SCORES").is_ok_and(|what| what == "write") {
        std::fs::write(&path, [before, BEGIN, score, END, after].concat())
            .map_err(|e| format!("{name}: {e}"))?;
        return Ok(());
    }
    Err(format!("{name} says “{}”, and it is “{}”", stands.trim(), score.trim()).into())
}
