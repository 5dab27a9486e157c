//! An exercise: its scenes in order, and the `main` of its test target. The same program plays both
//! parts: without `--subject` it is the judge, with it it is the process that is watched. Must not
//! know any exercise in particular.

use std::io;
use std::process::ExitCode;
use std::time::Duration;

use crate::evidence::Evidence;
use crate::judge;
use crate::message::JUDGE_VARIABLE;
use crate::scene::Scene;
use crate::season::{CLERK, be_a_clerk};
use crate::subject;
use crate::verdict::{Finding, Verdict};

/// What cargo takes for an ordinary failed test, after which it has nothing to add.
const NOT_YET: u8 = 101;

/// The scenes of one exercise, for one answer.
pub struct Exercise {
    slug: &'static str,
    scenes: Vec<Scene>,
}

impl Exercise {
    /// An exercise with its scenes.
    pub fn new(slug: &'static str, scenes: Vec<Scene>) -> Exercise {
        Exercise { slug, scenes }
    }

    /// Grades, or plays a scene, as the command line says; `--json` prints the verdict for
    /// programs.
    pub fn main(&self) -> ExitCode {
        let arguments: Vec<String> = std::env::args().collect();
        if let [.., flag, match_id] = &arguments[..]
            && flag == CLERK
        {
            let done = match_id.parse().map_err(io::Error::other).and_then(be_a_clerk);
            return done.map_or(ExitCode::FAILURE, |()| ExitCode::SUCCESS);
        }
        if let Some(at) = arguments.iter().position(|a| a == "--subject") {
            return self.play(&arguments[at + 1..]);
        }
        if std::env::var_os(JUDGE_VARIABLE).is_some() {
            eprintln!(
                "This program grades an exercise, and it was started by the exercise itself."
            );
            return ExitCode::from(NOT_YET);
        }
        match self.grade() {
            Ok(verdict) => {
                if arguments.iter().any(|a| a == "--json") {
                    println!("{}", serde_json::json!(verdict));
                } else {
                    println!("\n{}\n", verdict.lines().join("\n"));
                }
                if verdict.passed() { ExitCode::SUCCESS } else { ExitCode::from(NOT_YET) }
            }
            Err(e) => {
                eprintln!("The exercise {} could not be graded: {e}", self.slug);
                ExitCode::from(NOT_YET)
            }
        }
    }

    fn grade(&self) -> io::Result<Verdict> {
        // Nothing that an answer can do leaves an exercise without scenes, or without checks, unnoticed.
        if self.scenes.is_empty() || self.scenes.iter().any(|scene| scene.checks.is_empty()) {
            return Err(io::Error::other("there is nothing in it to be checked"));
        }
        let mut verdict = Verdict {
            exercise: self.slug.to_owned(),
            finding: None,
            facts: Vec::new(),
            printed: String::new(),
        };
        for scene in &self.scenes {
            let evidence = watch(scene)?;
            let found: Option<Finding> = scene.checks.iter().find_map(|check| check(&evidence));
            if found.is_some() {
                verdict.finding = found;
                verdict.printed = evidence.printed;
                break;
            }
            verdict.facts.push((scene.fact)(&evidence));
        }
        Ok(verdict)
    }

    fn play(&self, which: &[String]) -> ExitCode {
        let scene = which.first().and_then(|name| self.scenes.iter().find(|s| s.name == name));
        let limit = which.get(1).and_then(|ms| ms.parse().ok()).map(Duration::from_millis);
        let judge = which.get(2).and_then(|pid| pid.parse().ok());
        let (Some(scene), Some(limit), Some(judge)) = (scene, limit, judge) else {
            eprintln!(
                "`--subject` is for the judge alone: it names a scene, a limit and the judge."
            );
            return ExitCode::from(NOT_YET);
        };
        match subject::perform(scene, limit, judge) {
            Ok(()) => ExitCode::SUCCESS,
            Err(e) => {
                eprintln!("The scene could not be played: {e}");
                ExitCode::FAILURE
            }
        }
    }
}

/// What is seen of a scene: with the first of its limits with which something can be said.
fn watch(scene: &Scene) -> io::Result<Evidence> {
    let (last, earlier) = scene.limits.split_last().ok_or_else(|| {
        io::Error::other(format!("the scene {} has a limit, and none is named", scene.name))
    })?;
    for &limit in earlier {
        let evidence = judge::watch(scene, limit)?;
        if !evidence.hurried {
            return Ok(evidence);
        }
    }
    judge::watch(scene, *last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_nothing_to_be_checked_is_not_solved() {
        let unchecked = Scene::new("idle", "nothing was done", 1, Vec::new());
        for scenes in [Vec::new(), vec![unchecked]] {
            assert!(Exercise::new("e00_nothing", scenes).grade().is_err());
        }
    }
}
