//! What `build` puts on the pages.
//!
//! Must not know: how directives and samples fail.

use crate::checkout::{Checkout, ten_lines};

#[test]
fn a_page_holds_the_code_and_the_lines_that_it_printed() {
    let checkout = Checkout::with_ten();
    let said = checkout.build();
    let page = checkout.page();
    assert!(page.contains("for id in 1..=10"), "{page}");
    assert!(page.contains(&ten_lines()), "{page}");
    assert!(page.contains("cargo run --release -p book --example ten"), "{page}");
    assert!(said.stderr.contains("target/book/index.html"), "{}", said.stderr);
}

#[test]
fn a_second_build_runs_nothing_and_changes_nothing() {
    let checkout = Checkout::with_ten();
    assert_eq!(checkout.build().ran(), ["ten"]);
    let first = checkout.page();
    assert_eq!(checkout.build().ran(), [""; 0]);
    assert_eq!(checkout.page(), first);
}

#[test]
fn prose_can_quote_a_run_and_tell_facts_about_it() {
    let checkout = Checkout::with_ten();
    checkout.write(
        "book/chapters/map.md",
        "It said <!-- cmdrun book-tool quote ten \"Match #([0-9]+)\" --> first, printed <!-- cmdrun book-tool fact ten lines --> \
         lines in <!-- cmdrun book-tool fact ten seconds --> seconds and ended with <!-- cmdrun book-tool fact ten exit -->.\n",
    );
    checkout.build();
    let page = checkout.page();
    let sentence = page.lines().find(|line| line.contains("It said")).unwrap();
    assert!(
        sentence.contains("It said <code>1</code> first, printed 10 lines in 0.0"),
        "{sentence}"
    );
    assert!(sentence.contains("seconds and ended with 0."), "{sentence}");
}

#[test]
fn the_pages_of_the_last_good_build_survive_a_bad_one() {
    let checkout = Checkout::with_ten();
    checkout.build();
    let good = checkout.page();
    checkout.write("book/chapters/map.md", "<!-- cmdrun false -->\n");
    checkout.run(&["build"]).complains_of(&["map.md", "false"]);
    assert_eq!(checkout.page(), good);
}

#[test]
fn an_include_of_what_is_not_there_is_an_error() {
    let checkout = Checkout::with_ten();
    checkout.write(
        "book/chapters/map.md",
        "```rust\n{{#include ../examples/ten.rs:lop}}\n{{#include ../examples/tan.rs}}\n```\n",
    );
    checkout.run(&["build"]).complains_of(&["book/chapters/map.md", "ANCHOR: lop", "tan.rs"]);
}

#[test]
fn an_output_folder_that_holds_the_sources_is_refused() {
    let checkout = Checkout::with_ten();
    checkout.write("book.toml", &checkout.read("book.toml").replace("target/book", "book"));
    checkout.run(&["build"]).complains_of(&["would delete", "target/book"]);
    assert!(checkout.path("book/chapters/map.md").is_file());
}

#[test]
fn it_works_from_a_folder_within_the_checkout_and_says_so_outside_of_one() {
    let checkout = Checkout::with_ten();
    let inside =
        checkout.tool(&["build"]).current_dir(checkout.path("book/examples")).output().unwrap();
    assert!(inside.status.success());
    let outside = tempfile::tempdir().unwrap();
    let said = crate::checkout::Said::from(
        checkout.tool(&["build"]).current_dir(outside.path()).output().unwrap(),
    );
    said.complains_of(&["book.toml", "in the checkout of the book"]);
}
