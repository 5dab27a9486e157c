//! `cargo grade`: builds and runs the exercises, and shows points, stars, what is wrong and what to
//! do next. Must not know what any exercise checks: it reads verdicts.

mod course;
mod compile;
mod report;
mod record;
mod hints;
mod stub;
mod new;
mod junit;
mod watch;
mod show;

use std::fs;
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::{Parser, Subcommand};

use crate::course::{Course, Exercise};
use crate::record::Record;
use crate::report::{Report, Standing, row};
use crate::watch::Watch;

/// Grade the exercises of The Talent Agency.
#[derive(Parser)]
#[command(
    name = "cargo grade",
    bin_name = "cargo grade",
    args_conflicts_with_subcommands = true,
    after_help = "Exit status: 0 when all that were graded are solved, 1 when one is not, 2 when grading itself failed."
)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,

    /// Which to grade: number or name, as in `2`, `e2`, `e02` or `closing_time`; all when none is given
    #[arg(value_name = "EXERCISE")]
    exercises: Vec<String>,

    /// Show the next of three hints, for the exercise given or else for the next to solve
    #[arg(long, group = "form")]
    hint: bool,

    /// Grade again whenever an answer is saved, until Ctrl-C
    #[arg(long, group = "form")]
    watch: bool,

    /// Print the result as JSON
    #[arg(long, group = "form")]
    json: bool,

    /// Print the result as a JUnit document, for CI systems
    #[arg(long, group = "form")]
    junit: bool,

    /// Show the solution of the exercise given, once it is solved
    #[arg(long, group = "form", requires = "exercises")]
    solution: bool,

    /// With `--solution`: show it unsolved, too
    #[arg(long, requires = "solution")]
    insist: bool,
}

#[derive(Subcommand)]
enum Command {
    /// Put an exercise back to how it was handed out; what you wrote is kept beside it
    Reset {
        /// Number or name
        #[arg(value_name = "EXERCISE", required = true)]
        exercises: Vec<String>,
    },
    /// Begin an exercise of your own, as a copy of `exercises/template` that passes every test
    New {
        /// Its number and name, as in `e15_knights`
        slug: String,
    },
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
    let mut record = Record::read(&course);
    match &arguments.command {
        Some(Command::Reset { exercises }) => {
            return reset(&course, &mut record, &course.choose(exercises)?);
        }
        Some(Command::New { slug }) => {
            show::begun(slug, &new::new(&course, slug)?);
            return Ok(true);
        }
        None => {}
    }
    let chosen = course.choose(&arguments.exercises)?;
    if arguments.solution {
        return solution(&course, &record, &chosen, arguments.insist);
    }
    // A hint for an exercise that was named needs no grading.
    if arguments.hint && !arguments.exercises.is_empty() {
        chosen.into_iter().try_for_each(hint)?;
        return Ok(true);
    }
    if arguments.watch {
        return watch(&course, &mut record, &chosen);
    }
    let report = grade(&course, &mut record, &chosen)?;
    if arguments.json {
        anstream::println!("{}", serde_json::to_string_pretty(&report)?);
    } else if arguments.junit {
        anstream::print!("{}", junit::document(&report)?);
    } else if arguments.hint {
        match report.next() {
            Some(next) => hint(course.find(&next.exercise)?)?,
            None => anstream::println!("All of them are solved: there is nothing left to hint at."),
        }
        return Ok(true);
    } else {
        show::report(&report, &record.report);
    }
    Ok(report.next().is_none())
}

fn grade(course: &Course, record: &mut Record, chosen: &[&Exercise]) -> Result<Report> {
    let report = Report::of(course, chosen)?;
    record.note(&report.exercises)?;
    Ok(report)
}

/// Grades all of them once, and after every save those that were saved.
fn watch(course: &Course, record: &mut Record, chosen: &[&Exercise]) -> Result<bool> {
    let file = |e: &&Exercise| course.directory(e).join("exercise.rs");
    // Before the first grading, so that no save falls between the two.
    let watch = Watch::start(chosen.iter().map(file).collect())?;
    let mut at = chosen.to_vec();
    loop {
        let report = grade(course, record, &at)?;
        show::report(&report, &record.report);
        anstream::println!("Watching; Ctrl-C ends it.");
        let saved = watch.next()?;
        at = chosen.iter().copied().filter(|e| saved.contains(&file(e))).collect();
    }
}

fn solution(course: &Course, record: &Record, chosen: &[&Exercise], insist: bool) -> Result<bool> {
    for exercise in chosen {
        if !insist && !record.is_solved(exercise) {
            anstream::eprintln!(
                "{0} is not solved yet, as far as is known: `cargo grade {0} --hint` gives the next hint, and \
                 `cargo grade {0} --solution --insist` the solution all the same",
                exercise.slug
            );
            return Ok(false);
        }
        let path = course.directory(exercise).join("solution.rs");
        let text = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
        show::solution(exercise, &text);
    }
    Ok(true)
}

fn reset(course: &Course, record: &mut Record, chosen: &[&Exercise]) -> Result<bool> {
    for exercise in chosen {
        show::reset(exercise, &stub::reset(course, exercise)?);
        record.note(&[row(exercise, Standing::NotTried)])?;
    }
    Ok(true)
}

fn hint(exercise: &Exercise) -> Result<()> {
    let number = hints::next(exercise)?;
    show::hint(exercise, number);
    Ok(())
}
