//! Proves what is handed out: every `exercise.rs` compiles as it is and fails with words that
//! teach, as `cargo grade` shows them. Must not know what is wrong with any of them.

use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

fn grade(arguments: &[&str]) -> Output {
    let grader = env!("CARGO_BIN_EXE_grader");
    Command::new(grader).args(arguments).output().expect("the grader can be started")
}

fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}

/// Whoever is at an exercise has changed its file, and then it is no stub any more. A checkout that
/// git does not know is taken as it is.
fn is_as_handed_out(exercise: &str) -> bool {
    let file = format!("exercises/{exercise}/exercise.rs");
    let mut diff = Command::new("git");
    diff.current_dir(root()).args(["diff", "--quiet", "HEAD", "--", &file]);
    let status = diff.status();
    !status.is_ok_and(|status| status.code() == Some(1))
}

#[test]
fn every_stub_compiles_and_fails_with_words_that_teach() {
    let output = grade(&["--json"]);
    let text = String::from_utf8_lossy(&output.stdout);
    let report: Value = serde_json::from_str(&text)
        .unwrap_or_else(|e| panic!("{e}: {text}{}", String::from_utf8_lossy(&output.stderr)));
    let rows = report["exercises"].as_array().expect("a row for each exercise");
    assert!(!rows.is_empty());
    for row in rows {
        let exercise = row["exercise"].as_str().expect("every row names its exercise");
        if !is_as_handed_out(exercise) {
            println!("{exercise}: somebody is at work on it, so there is no stub to prove");
            continue;
        }
        assert_eq!(row["status"], "not_yet", "{exercise}: {row:#}");
        for part in ["headline", "seen", "expected", "why"] {
            let words = row["finding"][part].as_str().unwrap_or_default();
            assert!(!words.is_empty() && !words.contains("backtrace"), "{exercise}: {row:#}");
        }
        assert_eq!(output.status.code(), Some(1), "{exercise} is not solved");
    }
}

#[test]
fn a_name_that_no_exercise_has_is_an_error_that_lists_them() {
    let output = grade(&["the_queen"]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("“the_queen”") && said.contains("e01_map"), "{said}");
}

#[test]
fn off_a_terminal_there_are_no_colors() {
    let output = grade(&["e01"]);
    assert!(!output.stdout.is_empty() && !output.stdout.contains(&0x1b));
}
