//! `cargo grade`: builds and runs the exercises, and shows points, stars, what is wrong and what to
//! do next. Must not know what any exercise checks: it reads verdicts.

mod course;
mod compile;
mod report;
mod kept;
mod hints;
mod show;

use std::process::ExitCode;

use anyhow::Result;
use clap::Parser;

use crate::course::{Course, Exercise};
use crate::report::Report;

/// Grade the exercises of The Talent Agency.
#[derive(Parser)]
#[command(
    name = "cargo grade",
    bin_name = "cargo grade",
    after_help = "Exit status: 0 when all that were graded are solved, 1 when one is not, 2 when grading itself failed."
)]
struct Arguments {
    /// Which to grade: number or name, as in `2`, `e02` or `closing_time`; all when none is given
    #[arg(value_name = "EXERCISE")]
    exercises: Vec<String>,

    /// Show the next of three hints, for the exercise given or else for the next to solve
    #[arg(long, conflicts_with = "json")]
    hint: bool,

    /// Print the result as JSON
    #[arg(long)]
    json: bool,
}

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(e) => {
            anstream::eprintln!("cargo grade: {e:#}");
            ExitCode::from(2)
        }
    }
}

fn run(arguments: &Arguments) -> Result<bool> {
    let course = Course::read()?;
    let chosen = course.choose(&arguments.exercises)?;
    // A hint for an exercise that was named needs no grading.
    if arguments.hint && !arguments.exercises.is_empty() {
        chosen.into_iter().try_for_each(hint)?;
        return Ok(true);
    }
    let report = Report::of(&course, &chosen)?;
    kept::keep(&course.root, &report)?;
    if arguments.json {
        anstream::println!("{}", serde_json::to_string_pretty(&report)?);
    } else if arguments.hint {
        match report.next() {
            Some(next) => hint(course.find(&next.exercise)?)?,
            None => anstream::println!("All of them are solved: there is nothing left to hint at."),
        }
        return Ok(true);
    } else {
        show::report(&report);
    }
    Ok(report.next().is_none())
}

fn hint(exercise: &Exercise) -> Result<()> {
    let number = hints::next(&exercise.slug)?;
    show::hint(exercise, number);
    Ok(())
}
