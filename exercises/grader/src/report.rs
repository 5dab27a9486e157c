//! What came out of grading: one row for each exercise, for people and, as it stands, for programs.
//! Must not know how it looks.

use std::io::IsTerminal;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::Result;
use exercises::verdict::{Finding, Verdict};
use serde::{Deserialize, Serialize};

use crate::compile::{Built, compile};
use crate::course::{Course, Exercise};

/// How one exercise stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "status", rename_all = "snake_case")]
pub(crate) enum Standing {
    /// The judge found nothing; these are the things it saw.
    Solved { facts: Vec<String> },
    /// The judge found this, and the answer printed that.
    NotYet { finding: Finding, printed: String },
    /// It does not compile; the compiler's first error.
    DoesNotCompile { error: String },
    /// There is no verdict: the judge itself did not come to an end.
    NotGraded { reason: String },
    /// Nobody has asked for a verdict yet.
    NotTried,
}

/// One row of the report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Row {
    /// Stays when the exercise is renamed or moved.
    pub(crate) id: String,
    pub(crate) exercise: String,
    pub(crate) title: String,
    pub(crate) stars: u32,
    pub(crate) minutes: u32,
    pub(crate) chapter: String,
    pub(crate) points: u32,
    pub(crate) points_max: u32,
    #[serde(flatten)]
    pub(crate) standing: Standing,
}

/// The form of the rows and of what holds them; see README.md.
pub(crate) const FORMAT: u32 = 1;

/// All rows, in the order of the course.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Report {
    pub(crate) format: u32,
    pub(crate) points: u32,
    pub(crate) points_max: u32,
    pub(crate) solved: u32,
    /// The first that is not solved.
    pub(crate) next: Option<String>,
    pub(crate) exercises: Vec<Row>,
}

impl Report {
    /// Builds and grades these exercises.
    pub(crate) fn of(course: &Course, chosen: &[&Exercise]) -> Result<Report> {
        let targets: Vec<&str> = chosen.iter().map(|e| e.slug.as_str()).collect();
        let built = compile(&course.root, "exercises", &targets)?;
        let graded = chosen.iter().map(|e| row(e, standing(e, &built[&e.slug])));
        Ok(Report::from(graded.collect::<Vec<Row>>()))
    }

    /// The row of the first that is not solved.
    pub(crate) fn next(&self) -> Option<&Row> {
        self.exercises.iter().find(|r| !r.is_solved())
    }
}

impl From<Vec<Row>> for Report {
    fn from(rows: Vec<Row>) -> Report {
        let solved = rows.iter().filter(|r| r.is_solved());
        Report {
            format: FORMAT,
            points: rows.iter().map(|r| r.points).sum(),
            points_max: rows.iter().map(|r| r.points_max).sum(),
            solved: solved.count() as u32,
            next: rows.iter().find(|r| !r.is_solved()).map(|r| r.exercise.clone()),
            exercises: rows,
        }
    }
}

impl Row {
    pub(crate) fn is_solved(&self) -> bool {
        matches!(self.standing, Standing::Solved { .. })
    }
}

/// The row of an exercise that stands like this.
pub(crate) fn row(exercise: &Exercise, standing: Standing) -> Row {
    let readme = &exercise.readme;
    let solved = matches!(standing, Standing::Solved { .. });
    Row {
        id: readme.id.clone(),
        exercise: exercise.slug.clone(),
        title: readme.title.clone(),
        stars: readme.stars,
        minutes: readme.minutes,
        chapter: readme.chapter.clone(),
        points: if solved { readme.points() } else { 0 },
        points_max: readme.points(),
        standing,
    }
}

fn standing(exercise: &Exercise, built: &Built) -> Standing {
    match built {
        Built::CompileError(error) => Standing::DoesNotCompile { error: error.clone() },
        Built::Program(program) => {
            if std::io::stderr().is_terminal() {
                anstream::eprintln!("{:>12} {}", "Grading", exercise.slug);
            }
            run(program).unwrap_or_else(|reason| Standing::NotGraded { reason })
        }
    }
}

/// Runs a judge, which has a watchdog of its own, and believes a verdict only whole.
fn run(program: &Path) -> Result<Standing, String> {
    let output = Command::new(program).arg("--json").stdin(Stdio::null()).output();
    let output = output.map_err(|e| e.to_string())?;
    let Ok(verdict) = serde_json::from_slice::<Verdict>(&output.stdout) else {
        let said = String::from_utf8_lossy(&output.stderr);
        return Err(format!("the judge ended ({}) without a verdict. {said}", output.status));
    };
    match verdict.finding {
        None if output.status.success() => Ok(Standing::Solved { facts: verdict.facts }),
        None => Err(format!("the judge found nothing and ended with {}", output.status)),
        Some(finding) => Ok(Standing::NotYet { finding, printed: verdict.printed }),
    }
}
