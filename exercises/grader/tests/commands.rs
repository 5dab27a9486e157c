//! Proves what `cargo grade` does with what it is asked, as somebody at a terminal sees it. Must not
//! know what is right in any exercise, nor whether any is solved.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

fn grade(arguments: &[&str]) -> Output {
    let grader = env!("CARGO_BIN_EXE_grader");
    Command::new(grader).args(arguments).output().expect("the grader can be started")
}

fn refused(arguments: &[&str], words: &[&str]) {
    let output = grade(arguments);
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(words.iter().all(|word| said.contains(word)), "{said}");
}

#[test]
fn a_name_that_no_exercise_has_is_an_error_that_lists_them() {
    refused(&["the_queen"], &["“the_queen”", "e01_map"]);
    refused(&["reset", "the_queen"], &["“the_queen”", "e01_map"]);
}

#[test]
fn one_form_of_the_result_at_a_time_and_no_solution_without_a_name() {
    refused(&["--json", "--junit"], &["cannot be used with"]);
    refused(&["--solution"], &["EXERCISE"]);
}

#[test]
fn whoever_insists_sees_the_solution() {
    let output = grade(&["e01", "--solution", "--insist"]);
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && said.contains("agency.map(analyze_match"), "{said}");
}

#[test]
fn off_a_terminal_there_are_no_colors_and_the_documents_are_whole() {
    let people = grade(&["e01"]).stdout;
    assert!(!people.is_empty() && !people.contains(&0x1b));
    let report: serde_json::Value = serde_json::from_slice(&grade(&["e01", "--json"]).stdout)
        .expect("`--json` prints nothing but JSON");
    assert_eq!(report["exercises"][0]["id"], "twenty-matches");
    let junit = String::from_utf8(grade(&["e01", "--junit"]).stdout).expect("text");
    assert!(junit.starts_with("<?xml") && junit.trim_end().ends_with("</testsuites>"), "{junit}");
}

/// A course of one exercise, which nobody has graded.
fn elsewhere(root: &Path, arguments: &[&str]) -> Output {
    let exercises =
        Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("it lies below the exercises");
    let place = root.join("exercises/e01_map");
    fs::create_dir_all(&place).expect("a directory");
    for name in ["README.md", "test.rs", "stub.rs", "solution.rs"] {
        fs::copy(exercises.join("e01_map").join(name), place.join(name)).expect("a copy");
    }
    let mut grader = Command::new(env!("CARGO_BIN_EXE_grader"));
    grader.env("CARGO_MANIFEST_DIR", root.join("exercises/grader")).args(arguments);
    grader.output().expect("the grader can be started")
}

#[test]
fn a_solution_asked_for_too_early_is_not_solved_and_no_failure_to_grade() {
    let root = tempfile::tempdir().expect("a directory");
    let output = elsewhere(root.path(), &["e1", "--solution"]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.code() == Some(1) && said.contains("e01_map is not solved yet"),
        "{said}"
    );
    assert!(output.stdout.is_empty());
}

#[test]
fn a_name_that_is_nearly_right_is_asked_about() {
    refused(&["closing_tmie"], &["did you mean e02_closing_time?"]);
}

#[test]
fn what_reset_names_can_be_opened_from_the_checkout() {
    let root = tempfile::tempdir().expect("a directory");
    let place = root.path().join("exercises/e01_map");
    fs::create_dir_all(&place).expect("a directory");
    fs::write(place.join("exercise.rs"), "my own").expect("an answer");
    let said = elsewhere(root.path(), &["reset", "001"]).stdout;
    let said = String::from_utf8_lossy(&said);
    assert!(said.contains("is kept in exercises/e01_map/exercise.rs.1.bak."), "{said}");
    assert!(!said.contains(&*root.path().to_string_lossy()), "{said}");
}
