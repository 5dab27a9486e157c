//! A report in the form that CI systems read. Must not know how it looks to people.

use anyhow::Result;
use quick_junit::{NonSuccessKind, TestCase, TestCaseStatus, TestSuite};

use crate::report::{Report, Row, Standing};

/// The report as a JUnit document: one test case for each exercise.
pub(crate) fn document(report: &Report) -> Result<String> {
    let mut suite = TestSuite::new("exercises");
    suite.add_test_cases(report.exercises.iter().map(case));
    let mut document = quick_junit::Report::new("The Talent Agency");
    document.add_test_suite(suite);
    Ok(document.to_string()?)
}

fn case(row: &Row) -> TestCase {
    let failed = |kind, name: &str, message: &str, text: &str| {
        let mut status = TestCaseStatus::non_success(kind);
        status.set_type(name).set_message(message).set_description(text);
        status
    };
    let status = match &row.standing {
        Standing::Solved { .. } => TestCaseStatus::success(),
        Standing::NotYet { finding, printed } => {
            let text = format!("{}\n\n{printed}", finding.lines().join("\n"));
            failed(NonSuccessKind::Failure, &finding.check, &finding.headline, text.trim_end())
        }
        Standing::DoesNotCompile { error } => {
            failed(NonSuccessKind::Error, "does-not-compile", "it does not compile", error)
        }
        Standing::NotGraded { reason } => {
            failed(NonSuccessKind::Error, "not-graded", "it could not be graded", reason)
        }
        Standing::NotTried => TestCaseStatus::skipped(),
    };
    let mut case = TestCase::new(row.exercise.clone(), status);
    case.set_classname(row.id.clone());
    case
}

#[cfg(test)]
mod tests {
    use exercises::verdict::Finding;

    use super::*;
    use crate::course::sample;
    use crate::report::row;

    #[test]
    fn every_standing_is_a_case_and_the_words_arrive() {
        let directory = tempfile::tempdir().unwrap();
        let slugs = [("e01_a", "a"), ("e02_b", "b"), ("e03_c", "c"), ("e04_d", "d")];
        let course = sample(directory.path(), &slugs);
        let finding = Finding::new("zombie", "Nobody asked.").seen("a <Z> & no more");
        let standings = [
            Standing::Solved { facts: Vec::new() },
            Standing::NotYet { finding, printed: String::new() },
            Standing::DoesNotCompile { error: "E0308".to_owned() },
            Standing::NotTried,
        ];
        let rows = course.exercises.iter().zip(standings).map(|(e, s)| row(e, s));
        let text = document(&Report::from(rows.collect::<Vec<_>>())).unwrap();
        for part in [
            "tests=\"4\"",
            "failures=\"1\"",
            "errors=\"1\"",
            "skipped=\"1\"",
            "name=\"e02_b\"",
            "type=\"zombie\"",
            "message=\"Nobody asked.\"",
            "a &lt;Z&gt; &amp; no more",
            "E0308",
        ] {
            assert!(text.contains(part), "{part} in {text}");
        }
    }
}
