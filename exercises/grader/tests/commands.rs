//! Proves what `cargo grade` does with what it is asked, as somebody at a terminal sees it. Must not
//! know what is right in any exercise, nor whether any is solved.

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
