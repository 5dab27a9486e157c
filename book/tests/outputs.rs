//! Recorded outputs are on the pages, as they were printed.
//!
//! Must not know: looks.

use scraper::{Html, Selector};

use crate::site;

/// The texts of all recorded outputs on a page.
fn recorded(page: &str) -> Vec<String> {
    let outputs = Selector::parse("figure.recorded pre code").unwrap();
    Html::parse_document(page).select(&outputs).map(|output| output.text().collect()).collect()
}

fn page(name: &str) -> String {
    site::pages()
        .into_iter()
        .find(|(page, _)| page == name)
        .unwrap_or_else(|| panic!("there is no {name}"))
        .1
}

#[test]
fn the_map_page_holds_the_ten_recorded_results_in_order() {
    let expected: Vec<String> =
        (1..=10).map(|id| format!("Result for Match #{id}: Analysis Clear")).collect();
    let outputs = recorded(&page("map.html"));
    let results = |output: &String| {
        output
            .lines()
            .filter(|line| line.starts_with("Result for"))
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    assert!(outputs.iter().any(|output| results(output) == expected), "{outputs:#?}");
}

#[test]
fn no_option_of_a_question_shows_a_backtick() {
    let options = Selector::parse(":is(.question, .prediction) summary").unwrap();
    let (mut options_seen, mut with_code) = (0, 0);
    for (name, text) in site::pages() {
        for option in Html::parse_document(&text).select(&options) {
            let text: String = option.text().collect();
            assert!(!text.contains('`'), "{name}: {text}");
            options_seen += 1;
            with_code += usize::from(option.inner_html().contains("<code>"));
        }
    }
    assert!(options_seen > 0 && with_code > 0, "{options_seen} options, {with_code} with code");
}

#[test]
fn no_page_shows_a_directive_that_was_not_expanded() {
    for (name, text) in site::pages() {
        for output in Html::parse_document(&text).tree.values() {
            if let Some(comment) = output.as_comment() {
                assert!(!comment.trim_start().starts_with("cmdrun"), "{name}: {}", &**comment);
            }
        }
    }
}
