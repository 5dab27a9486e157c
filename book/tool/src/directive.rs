//! Finds the directives of mdbook-cmdrun in Markdown, and puts what they expand to in their place.
//!
//! mdbook-cmdrun searches with a regular expression, twice: it expands directives in code, and scans outputs again. Here a
//! Markdown parser (the one that mdBook renders with) says what is a comment and what is code, and every output is put in
//! place once, after all searching is done.
//!
//! Must not know: what a directive does.

use std::ops::Range;
use std::sync::LazyLock;

use anyhow::{Result, ensure};
use mdbook_markdown::pulldown_cmark::Event;
use mdbook_markdown::{MarkdownOptions, new_cmark_parser};
use regex::Regex;

/// mdbook-cmdrun's own pattern.
static DIRECTIVE: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"^<!--[ ]*cmdrun (.*?)-->").unwrap());
/// What looks as if it was meant to be one.
static INTENT: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"<!--\s*cmdrun\b").unwrap());
static CONTAINERS: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"^[ \t>]*(?:(?:[-*+]|\d+[.)])[ \t]+)*$").unwrap());

/// A directive and the place it stands in.
#[derive(Debug, Clone)]
pub(crate) struct Directive {
    /// What it asks for: everything between `cmdrun ` and `-->`.
    pub(crate) command: String,
    /// Whether it stands within a line. Then its output may be one line only.
    pub(crate) is_inline: bool,
    /// What is replaced; with the end of the line if the directive has the line for itself.
    range: Range<usize>,
    /// What must precede every further line, so that it stays in the same list or quotation.
    indent: String,
}

/// All directives in `markdown`, in their order.
pub(crate) fn find(markdown: &str) -> Result<Vec<Directive>> {
    let mut found = Vec::new();
    for (event, range) in new_cmark_parser(markdown, &MarkdownOptions::default()).into_offset_iter()
    {
        if !matches!(event, Event::Html(_) | Event::InlineHtml(_)) {
            continue;
        }
        let html = &markdown[range.clone()];
        for intent in INTENT.find_iter(html) {
            let Some(whole) = DIRECTIVE.captures(&html[intent.start()..]) else {
                let line = html[intent.start()..].lines().next().unwrap_or_default();
                anyhow::bail!("a directive must stand on one line and end with `-->`: {line}")
            };
            let start = range.start + intent.start();
            found.push(Directive::at(markdown, start..start + whole[0].len(), &whole[1]));
        }
    }
    Ok(found)
}

impl Directive {
    fn at(markdown: &str, range: Range<usize>, command: &str) -> Self {
        let line_start = markdown[..range.start].rfind('\n').map_or(0, |newline| newline + 1);
        let before = &markdown[line_start..range.start];
        let after = &markdown[range.end..];
        let rest = after.find('\n').map_or(after, |newline| &after[..=newline]);
        let command = command.trim().to_owned();
        if CONTAINERS.is_match(before) && rest.trim().is_empty() {
            let indent =
                before.chars().map(|c| if matches!(c, '>' | '\t') { c } else { ' ' }).collect();
            Self { command, is_inline: false, range: range.start..range.end + rest.len(), indent }
        } else {
            Self { command, is_inline: true, range, indent: String::new() }
        }
    }
}

/// `markdown` with each directive replaced by the output that stands at the same place in `outputs`.
pub(crate) fn replace(
    markdown: &str,
    directives: &[Directive],
    outputs: &[String],
) -> Result<String> {
    let mut page = String::with_capacity(markdown.len());
    let mut copied = 0;
    for (directive, output) in directives.iter().zip(outputs) {
        page.push_str(&markdown[copied..directive.range.start]);
        directive.write(output, &mut page)?;
        copied = directive.range.end;
    }
    page.push_str(&markdown[copied..]);
    Ok(page)
}

impl Directive {
    fn write(&self, output: &str, page: &mut String) -> Result<()> {
        if self.is_inline {
            ensure!(
                !output.contains('\n'),
                "`{}` stands within a line and gives {} lines; put it on a line of its own",
                self.command,
                output.lines().count()
            );
            page.push_str(output);
            return Ok(());
        }
        for (number, line) in output.split_inclusive('\n').enumerate() {
            if number > 0 {
                page.push_str(if line == "\n" { self.indent.trim_end() } else { &self.indent });
            }
            page.push_str(line);
        }
        if !output.ends_with('\n') {
            page.push('\n');
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn commands(markdown: &str) -> Vec<String> {
        find(markdown).unwrap().into_iter().map(|directive| directive.command).collect()
    }

    fn expanded(markdown: &str, output: &str) -> String {
        let directives = find(markdown).unwrap();
        let outputs = vec![output.to_owned(); directives.len()];
        replace(markdown, &directives, &outputs).unwrap()
    }

    #[test]
    fn a_directive_in_code_is_text() {
        for text in [
            "```text\n<!-- cmdrun no -->\n```\n",
            "~~~\n<!-- cmdrun no -->\n~~~\n",
            "    <!-- cmdrun no -->\n",
            "Write `<!-- cmdrun no -->` to run it.\n",
            "> ```\n> <!-- cmdrun no -->\n> ```\n",
            "````\n```\n<!-- cmdrun no -->\n```\n````\n",
            "\\<!-- cmdrun no -->\n",
        ] {
            assert_eq!(commands(text), [""; 0], "{text}");
        }
    }

    #[test]
    fn directives_are_found_in_text_lists_quotations_tables_and_html() {
        let text = "<!-- cmdrun one -->\n\nIt took <!--cmdrun two--> seconds and <!--  cmdrun  three  --> tries.\n\n\
                    - <!-- cmdrun four -->\n\n> <!-- cmdrun five -->\n\n| a |\n|---|\n| <!-- cmdrun six --> |\n\n\
                    <div>\n<!-- cmdrun seven -->\n</div>\n";
        assert_eq!(commands(text), ["one", "two", "three", "four", "five", "six", "seven"]);
    }

    #[test]
    fn a_directive_that_is_cut_in_two_is_an_error_and_not_a_comment() {
        for text in
            ["<!-- cmdrun\none -->\n", "<!-- cmdrun one\n-->\n", "a <!-- cmdrun one\ntwo --> b\n"]
        {
            assert!(find(text).unwrap_err().to_string().contains("on one line"), "{text}");
        }
        assert_eq!(commands("<!-- A note on cmdrun and its ways -->\n"), [""; 0]);
    }

    #[test]
    fn outputs_are_not_scanned_again() {
        assert_eq!(expanded("<!-- cmdrun x -->\n", "<!-- cmdrun y -->\n"), "<!-- cmdrun y -->\n");
        assert_eq!(
            expanded("a <!-- cmdrun x --> b\n", "<!-- cmdrun y -->"),
            "a <!-- cmdrun y --> b\n"
        );
    }

    #[test]
    fn further_lines_stay_in_their_list_or_quotation() {
        assert_eq!(
            expanded("1. <!-- cmdrun x -->\n2. b\n", "one\n\ntwo\n"),
            "1. one\n\n   two\n2. b\n"
        );
        assert_eq!(
            expanded("> <!-- cmdrun x -->\n> b\n", "one\n\ntwo\n"),
            "> one\n>\n> two\n> b\n"
        );
    }

    #[test]
    fn several_lines_within_a_sentence_are_refused() {
        let markdown = "It took <!-- cmdrun x --> seconds.\n";
        let directives = find(markdown).unwrap();
        assert!(
            replace(markdown, &directives, &["1\n2".to_owned()])
                .unwrap_err()
                .to_string()
                .contains("line of its own")
        );
    }

    proptest! {
        #[test]
        fn everything_but_the_directives_stays_as_it_was(parts in prop::collection::vec("[a-z \n>*`#-]{0,12}", 1..6)) {
            let markdown = parts.join("<!-- cmdrun x -->");
            let directives = find(&markdown).unwrap();
            let outputs: Vec<String> = directives.iter().map(|d| if d.is_inline { "Ω" } else { "Ω\n" }.to_owned()).collect();
            let page = replace(&markdown, &directives, &outputs).unwrap();
            let whole_lines_lost = |text: &str| text.replace(['Ω', '\n', ' '], "");
            let without = directives.iter().rev().fold(markdown.clone(), |mut text, d| { text.replace_range(d.range.clone(), ""); text });
            prop_assert_eq!(whole_lines_lost(&page), whole_lines_lost(&without));
            prop_assert_eq!(page.matches('Ω').count(), directives.len());
        }
    }
}
