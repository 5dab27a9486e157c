//! How all exercises stood when they were last graded, in `target/grades.json`: `cargo book serve` marks what is solved by it.
//! Must not know who reads it.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

use crate::report::{Report, Standing};

/// One exercise in the file.
#[derive(Debug, Serialize, Deserialize)]
struct Kept {
    exercise: String,
    /// Named as in the report.
    status: String,
}

#[derive(Debug, Default, Serialize, Deserialize)]
struct Grades {
    exercises: Vec<Kept>,
}

/// Takes the report into the file, which keeps what it says of exercises that were not graded now.
pub(crate) fn keep(root: &Path, report: &Report) -> Result<()> {
    let path = root.join("target/grades.json");
    let about = || format!("{} cannot be written", path.display());
    // A file that cannot be read is as good as none: it can be made again at any time.
    let before = fs::read(&path).ok().and_then(|text| serde_json::from_slice(&text).ok());
    let before: Grades = before.unwrap_or_default();
    let mut all: BTreeMap<String, String> =
        before.exercises.into_iter().map(|kept| (kept.exercise, kept.status)).collect();
    for row in &report.exercises {
        let status = match row.standing {
            Standing::Solved { .. } => "solved",
            Standing::NotYet { .. } => "not_yet",
            Standing::DoesNotCompile { .. } => "does_not_compile",
            Standing::NotGraded { .. } => "not_graded",
        };
        all.insert(row.exercise.clone(), status.to_owned());
    }
    let exercises = all.into_iter().map(|(exercise, status)| Kept { exercise, status }).collect();
    fs::create_dir_all(root.join("target")).with_context(about)?;
    let fresh = path.with_extension("json.new");
    fs::write(&fresh, serde_json::to_vec_pretty(&Grades { exercises })?).with_context(about)?;
    fs::rename(&fresh, &path).with_context(about)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::Row;

    fn report(exercise: &str, standing: Standing) -> Report {
        let row = Row {
            exercise: exercise.to_owned(),
            title: String::new(),
            stars: 1,
            minutes: 1,
            chapter: String::new(),
            points: 0,
            points_max: 1,
            standing,
        };
        Report { points: 0, points_max: 1, exercises: vec![row] }
    }

    #[test]
    fn what_is_graded_now_is_added_to_what_was_graded_before() {
        let root = std::env::temp_dir().join(format!("grades-{}", std::process::id()));
        let broken = || Standing::DoesNotCompile { error: String::new() };
        keep(&root, &report("e01_map", Standing::Solved { facts: vec![] })).unwrap();
        keep(&root, &report("e02_closing_time", broken())).unwrap();
        let read = || fs::read_to_string(root.join("target/grades.json")).unwrap();
        assert!(read().contains("\"solved\"") && read().contains("e02_closing_time"), "{}", read());
        keep(&root, &report("e01_map", broken())).unwrap();
        assert!(!read().contains("\"solved\""), "{}", read());
        fs::remove_dir_all(&root).unwrap();
    }
}
