//! mdBook's preprocessor protocol, over stdin and stdout.
//!
//! Must not know: what `cargo book` does besides.

use std::io::Write;
use std::process::Stdio;

use mdbook_driver::MDBook;
use mdbook_driver::book::{Book, BookItem};
use mdbook_preprocessor::PreprocessorContext;

use crate::checkout::{Checkout, Said, ten_lines};

/// Does what mdBook does: hands over the book as JSON and waits for an answer.
fn hand_over(checkout: &Checkout) -> Said {
    let book = MDBook::load(checkout.root()).unwrap();
    let ctx = PreprocessorContext::new(
        checkout.root().to_owned(),
        book.config.clone(),
        "html".to_owned(),
    );
    let input = serde_json::to_vec(&(&ctx, &book.book)).unwrap();
    let mut tool = checkout.tool(&["preprocess"]);
    let mut child =
        tool.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(&input).unwrap();
    Said::from(child.wait_with_output().unwrap())
}

#[test]
fn html_is_supported_and_nothing_else() {
    let checkout = Checkout::new("# The map\n");
    assert!(checkout.run(&["preprocess", "supports", "html"]).is_success);
    assert!(!checkout.run(&["preprocess", "supports", "markdown"]).is_success);
}

#[test]
fn the_book_comes_back_with_recorded_outputs_and_is_all_there_is_on_stdout() {
    let said = hand_over(&Checkout::with_ten());
    assert!(said.is_success, "{}", said.stderr);
    assert_eq!(said.ran(), ["ten"]);
    let book: Book = serde_json::from_str(&said.stdout).unwrap();
    let Some(BookItem::Chapter(chapter)) = book.items.first() else {
        panic!("no chapter: {book:?}")
    };
    assert!(
        chapter.content.contains(&format!("```text\n{}```", ten_lines())),
        "{}",
        chapter.content
    );
}

#[test]
fn a_failure_is_an_exit_status_and_a_message_and_no_book() {
    let said = hand_over(&Checkout::new("<!-- cmdrun exit 9 -->\n"));
    said.complains_of(&["map.md", "exit 9"]);
    assert_eq!(said.stdout, "");
}

#[test]
fn nothing_is_written_below_the_sources() {
    let checkout = Checkout::with_ten();
    let list = || {
        let mut paths: Vec<_> = walk(&checkout.path("book"));
        paths.sort();
        paths
    };
    let before = list();
    assert!(hand_over(&checkout).is_success);
    assert_eq!(list(), before);
}

/// Every file below `folder`, with the time of its last change.
fn walk(folder: &std::path::Path) -> Vec<(std::path::PathBuf, std::time::SystemTime)> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries
        .flat_map(|path| {
            let changed = path.metadata().unwrap().modified().unwrap();
            let below = if path.is_dir() { walk(&path) } else { Vec::new() };
            below.into_iter().chain([(path, changed)])
        })
        .collect()
}

#[test]
fn rubbish_on_stdin_is_told_from_a_book() {
    Checkout::new("")
        .run(&["preprocess"])
        .complains_of(&["stdin holds no book", "cargo book build"]);
}
