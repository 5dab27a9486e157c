//! What is known of the whole course: the last verdict on each exercise, in a file that the book
//! reads when it is served on this machine. Must not know how any verdict came about.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result};

use crate::course::{Course, Exercise};
use crate::report::{FORMAT, Report, Row, Standing, row};

/// The last verdict on each exercise of the course; its form is in README.md.
pub(crate) struct Record {
    path: PathBuf,
    pub(crate) report: Report,
}

impl Record {
    /// Reads what earlier gradings left. Exercises are known by their ids, so that one that was
    /// renamed keeps what was reached in it; what nobody can read any more was never written.
    pub(crate) fn read(course: &Course) -> Record {
        let path = course.root.join("target/grades.json");
        let earlier: Option<Report> =
            fs::read(&path).ok().and_then(|text| serde_json::from_slice(&text).ok());
        let earlier = earlier.filter(|report| report.format == FORMAT);
        let mut earlier = earlier.map_or_else(Vec::new, |report| report.exercises);
        let rows = course.exercises.iter().map(|exercise| {
            let at = earlier.iter().position(|r| r.id == exercise.readme.id);
            let standing = at.map(|at| earlier.swap_remove(at).standing);
            row(exercise, standing.unwrap_or(Standing::NotTried))
        });
        let report = Report::from(rows.collect::<Vec<Row>>());
        Record { path, report }
    }

    /// Takes these rows in, and leaves the whole where the book looks for it: all of it or nothing.
    pub(crate) fn note(&mut self, rows: &[Row]) -> Result<()> {
        let mut all = std::mem::take(&mut self.report.exercises);
        for row in rows {
            all.iter_mut().filter(|r| r.id == row.id).for_each(|known| known.clone_from(row));
        }
        self.report = Report::from(all);
        let half = self.path.with_extension("json.new");
        let directory = self.path.parent().context("the record lies in a directory")?;
        fs::create_dir_all(directory)
            .and_then(|()| fs::write(&half, serde_json::to_vec_pretty(&self.report)?))
            .and_then(|()| fs::rename(&half, &self.path))
            .with_context(|| format!("{} cannot be written", self.path.display()))
    }

    /// Whether this exercise was solved when it was last graded.
    pub(crate) fn is_solved(&self, exercise: &Exercise) -> bool {
        self.report.exercises.iter().any(|r| r.id == exercise.readme.id && r.is_solved())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::course::sample;

    fn solved() -> Standing {
        Standing::Solved { facts: vec!["Four desks.".to_owned()] }
    }

    #[test]
    fn what_was_reached_outlives_the_next_grading_and_a_new_name() {
        let directory = tempfile::tempdir().unwrap();
        let course = sample(directory.path(), &[("e01_map", "first"), ("e02_imap", "second")]);
        let mut record = Record::read(&course);
        assert_eq!(record.report.next.as_deref(), Some("e01_map"));
        record.note(&[row(&course.exercises[0], solved())]).unwrap();
        record.note(&[row(&course.exercises[1], Standing::NotTried)]).unwrap();

        fs::remove_dir_all(directory.path().join("exercises")).unwrap();
        let course = sample(directory.path(), &[("e01_imap", "second"), ("e07_map", "first")]);
        let record = Record::read(&course);
        assert!(record.is_solved(&course.exercises[1]) && !record.is_solved(&course.exercises[0]));
        assert_eq!((record.report.points, record.report.points_max), (10, 20));
        assert_eq!(record.report.next.as_deref(), Some("e01_imap"));
    }

    #[test]
    fn a_record_that_nobody_can_read_is_none() {
        let directory = tempfile::tempdir().unwrap();
        let course = sample(directory.path(), &[("e01_map", "first")]);
        Record::read(&course).note(&[row(&course.exercises[0], solved())]).unwrap();
        let path = directory.path().join("target/grades.json");
        let text = fs::read_to_string(&path).unwrap();
        for broken in [text.replace("\"format\": 1", "\"format\": 9"), text[..40].to_owned()] {
            fs::write(&path, broken).unwrap();
            assert_eq!(Record::read(&course).report.points, 0);
        }
    }
}
