//! When samples run, and what is kept of a run.
//!
//! Must not know: pages.

use crate::checkout::{Checkout, TEN};

#[test]
fn a_changed_sample_runs_again_and_the_others_do_not() {
    let checkout = Checkout::with_ten();
    checkout.sample(
        "other",
        &TEN.replace("\"exact\"", "\"invariant\"\n//! [[lines]]\n//! like = '.*Match.*'"),
    );
    assert_eq!(checkout.run(&["record"]).ran(), ["other", "ten"]);
    checkout.sample("ten", &TEN.replace("for id", "let _unused = std::process::id();\n    for id"));
    assert_eq!(checkout.run(&["record"]).ran(), ["ten"]);
}

#[test]
fn a_changed_promise_runs_the_sample_only_if_the_recorded_run_breaks_it() {
    let checkout = Checkout::with_ten();
    assert_eq!(checkout.run(&["record"]).ran(), ["ten"]);
    checkout.sample("ten", &TEN.replace("\"exact\"", "\"normalized\""));
    assert_eq!(checkout.run(&["record"]).ran(), [""; 0]);
    checkout.write("book/examples/ten.out", "something else\n");
    let said = checkout.run(&["record"]);
    said.complains_of(&[
        "sample `ten`",
        "used in book/chapters/map.md",
        "-something else",
        "+Result for Match #10",
        "--bless ten",
    ]);
    assert_eq!(said.ran(), ["ten"]);
}

#[test]
fn an_expected_output_is_blessed_and_never_written_otherwise() {
    let checkout = Checkout::with_ten();
    std::fs::remove_file(checkout.path("book/examples/ten.out")).unwrap();
    checkout.run(&["record"]).complains_of(&[
        "there is no book/examples/ten.out",
        "--bless ten",
        "Match #10",
    ]);
    assert!(!checkout.path("book/examples/ten.out").exists());
    checkout.run(&["record", "--bless", "nobody"]).complains_of(&["no sample `nobody`", "ten"]);
    assert!(checkout.run(&["record", "--bless", "ten"]).is_success);
    assert_eq!(checkout.read("book/examples/ten.out"), crate::checkout::ten_lines());
    assert!(checkout.run(&["record", "--bless"]).is_success);
}

#[test]
fn check_runs_everything_and_finds_outputs_that_belong_to_nobody() {
    let checkout = Checkout::with_ten();
    checkout.run(&["record"]);
    let said = checkout.run(&["record", "--check"]);
    assert!(said.is_success, "{}", said.stderr);
    assert_eq!(said.ran(), ["ten"]);
    checkout.write("book/examples/gone.out", "");
    checkout
        .run(&["record", "--check"])
        .complains_of(&["book/examples/gone.out", "belongs to no sample"]);
}

#[test]
fn a_run_is_kept_with_both_streams_its_end_and_the_trace_of_its_pool() {
    let checkout = Checkout::new("# The map\n");
    let source = r#"//! ```toml
//! output = "normalized"
//! exit = 3
//! stderr = "to stderr"
//! ```
fn main() {
    println!("pid {}", std::process::id());
    eprintln!("to stderr");
    let trace = std::env::var("POOL_LIB_TRACE").unwrap();
    std::fs::write(trace, "{\"event\":1}\n").unwrap();
    std::process::exit(3);
}
"#;
    checkout.sample("odd", source);
    checkout.write("book/examples/odd.out", "pid PID1\n");
    let said = checkout.run(&["record"]);
    assert!(said.is_success, "{}", said.stderr);
    assert!(checkout.read("target/recordings/odd/stdout").starts_with("pid "));
    assert_eq!(checkout.read("target/recordings/odd/stderr"), "to stderr\n");
    assert_eq!(checkout.read("target/recordings/odd/trace.jsonl"), "{\"event\":1}\n");
    assert!(checkout.read("target/recordings/odd/run.json").contains("\"code\": 3"));
    let block = checkout.run(&["output", "odd", "--stderr"]).stdout;
    assert!(block.contains("to stderr\n```") && block.contains("exit status 3"), "{block}");
}
