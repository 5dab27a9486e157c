//! What directives put on a page about a recorded run: its output as a block, a quotation, a number.
//!
//! Everything is Markdown that means the printed text literally, whatever was printed: fences are longer than any run of
//! backticks in it.
//!
//! Must not know: where on which page it will stand, and how runs come about.

use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use clap::{Args, ValueEnum};
use regex::Regex;

use crate::layout::Layout;
use crate::process::Exit;
use crate::recording::{Python, Recording};

/// `book-tool output`
#[derive(Debug, Args)]
pub(crate) struct Block {
    /// The sample's name: `map` for book/examples/map.rs, `map.py` for book/examples/map.py
    name: String,
    /// Show what it wrote to stderr instead of stdout
    #[arg(long)]
    stderr: bool,
    /// Show only these lines: 2-5, 2- or -5
    #[arg(long, value_name = "FROM-TO", value_parser = span, allow_hyphen_values = true)]
    lines: Option<Span>,
    /// A caption in plain text, instead of the command that runs the sample
    #[arg(long, value_name = "TEXT")]
    caption: Option<String>,
}

/// `book-tool quote`
#[derive(Debug, Args)]
pub(crate) struct Quotation {
    /// The sample's name
    name: String,
    /// A regular expression; its first group, or all of its first match in stdout, is quoted
    pattern: Regex,
}

/// `book-tool fact`
#[derive(Debug, Args)]
pub(crate) struct Question {
    /// The sample's name
    name: String,
    /// What to tell
    fact: Fact,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Fact {
    /// How long it ran, in seconds, with two significant digits
    Seconds,
    /// Its exit status, or the signal that ended it
    Exit,
    /// How many lines it wrote to stdout
    Lines,
}

/// Lines, counted from 1, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Span {
    from: usize,
    to: usize,
}

fn span(text: &str) -> Result<Span> {
    let (from, to) = text.split_once('-').context("write 2-5, 2- or -5")?;
    let number = |text: &str, default| if text.is_empty() { Ok(default) } else { text.parse() };
    let span = Span { from: number(from, 1)?, to: number(to, usize::MAX)? };
    ensure!(span.from >= 1, "lines are counted from 1");
    ensure!(span.from <= span.to, "the first line comes after the last");
    Ok(span)
}

fn recording(layout: &Layout, name: &str) -> Result<Recording> {
    Recording::load(layout, name).with_context(|| {
        let samples = std::fs::read_dir(layout.recordings()).into_iter().flatten().flatten();
        let mut known: Vec<_> = samples.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
        known.retain(|name| !name.starts_with('.'));
        known.sort();
        format!("there is no recording of a sample `{name}`; there are: {}. `cargo book record` makes them", known.join(", "))
    })
}

/// A block with a caption.
pub(crate) fn block(layout: &Layout, wanted: &Block) -> Result<String> {
    let recording = recording(layout, &wanted.name)?;
    let text = if wanted.stderr { &recording.stderr } else { &recording.stdout };
    let shown = match wanted.lines {
        Some(span) => {
            cut(text, span).with_context(|| format!("`{}` cannot be shown in part", wanted.name))?
        }
        None => text.clone(),
    };
    Ok(figure(&caption(wanted, &recording, text.is_empty()), &shown))
}

fn caption(wanted: &Block, recording: &Recording, is_empty: bool) -> String {
    let python = recording.facts.python.as_ref();
    if let Some(caption) = &wanted.caption {
        // Whoever writes a caption does not know whether there will be a Python when the page is made.
        let stand_in = python.filter(|python| !python.is_at_hand);
        return escape(caption) + &stand_in.map_or_else(String::new, in_brackets);
    }
    let name = escape(&wanted.name);
    let stream = if wanted.stderr { "Written to stderr by" } else { "Printed by" };
    let mut caption = if wanted.name.ends_with(".py") {
        format!("{stream} <code>python3 book/examples/{name}</code>")
    } else {
        format!("{stream} <code>cargo run --release -p book --example {name}</code>")
    };
    caption.push_str(&python.map_or_else(String::new, in_brackets));
    match recording.facts.exit {
        Exit::Code(0) => {}
        Exit::Stopped => {
            let after = seconds(Duration::from_nanos(recording.facts.elapsed_ns));
            caption.push_str(&format!(", which was still running after {after} s and was stopped"));
        }
        exit => caption.push_str(&format!(", which ended with {exit}")),
    }
    if is_empty {
        caption.push_str(": nothing");
    }
    caption
}

fn in_brackets(python: &Python) -> String {
    format!(" ({})", escape(&python.told()))
}

/// Text as HTML.
pub(crate) fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// HTML around Markdown: the blank lines make CommonMark leave the HTML, and the one at the end lets text follow.
fn figure(caption: &str, text: &str) -> String {
    let fence = "`".repeat(longest_run_of_backticks(text).max(2) + 1);
    let body =
        if text.is_empty() || text.ends_with('\n') { text.to_owned() } else { format!("{text}\n") };
    format!(
        "<figure class=\"recorded\">\n<figcaption>{caption}</figcaption>\n\n{fence}text\n{body}{fence}\n\n</figure>\n\n"
    )
}

/// The wanted lines, with an ellipsis where lines were left out.
fn cut(text: &str, span: Span) -> Result<String> {
    let lines: Vec<&str> = text.lines().collect();
    ensure!(
        span.from <= lines.len(),
        "it has {} lines, and the first to show is line {}",
        lines.len(),
        span.from
    );
    ensure!(
        span.to == usize::MAX || span.to <= lines.len(),
        "it has {} lines, and the last to show is line {}",
        lines.len(),
        span.to
    );
    let to = span.to.min(lines.len());
    let mut shown = Vec::new();
    shown.extend((span.from > 1).then_some("…"));
    shown.extend(&lines[span.from - 1..to]);
    shown.extend((to < lines.len()).then_some("…"));
    Ok(shown.join("\n") + "\n")
}

fn longest_run_of_backticks(text: &str) -> usize {
    text.split(|c| c != '`').map(str::len).max().unwrap_or(0)
}

/// What the pattern matches first in stdout, as code within a sentence.
pub(crate) fn quotation(layout: &Layout, wanted: &Quotation) -> Result<String> {
    let stdout = recording(layout, &wanted.name)?.stdout;
    let Some(found) = wanted.pattern.captures(&stdout) else {
        bail!("nothing that `{}` printed is like {}:\n{stdout}", wanted.name, wanted.pattern)
    };
    let quoted = found.get(1).unwrap_or(found.get(0).context("a match has a group 0")?).as_str();
    ensure!(
        !quoted.contains('\n') && !quoted.trim().is_empty(),
        "{} does not match a part of one line",
        wanted.pattern
    );
    let fence = "`".repeat(longest_run_of_backticks(quoted) + 1);
    let space = if quoted.starts_with('`') || quoted.ends_with('`') { " " } else { "" };
    Ok(format!("{fence}{space}{}{space}{fence}\n", unbroken(quoted)))
}

/// A number and its unit stay on one line.
fn unbroken(quoted: &str) -> String {
    match quoted.split_once(' ') {
        Some((number, unit)) if number.parse::<f64>().is_ok() && unit.chars().count() <= 3 => {
            format!("{number}\u{a0}{unit}")
        }
        _ => quoted.to_owned(),
    }
}

/// A number about the run.
pub(crate) fn fact(layout: &Layout, wanted: &Question) -> Result<String> {
    let recording = recording(layout, &wanted.name)?;
    Ok(match wanted.fact {
        Fact::Seconds => seconds(Duration::from_nanos(recording.facts.elapsed_ns)),
        Fact::Exit => match recording.facts.exit {
            Exit::Code(code) => code.to_string(),
            other => other.to_string(),
        },
        Fact::Lines => recording.stdout.lines().count().to_string(),
    } + "\n")
}

/// Two significant digits.
fn seconds(time: Duration) -> String {
    let seconds = time.as_secs_f64();
    let decimals = match seconds {
        s if s >= 9.95 => 0,
        s if s >= 0.995 => 1,
        s if s >= 0.0995 => 2,
        _ => 3,
    };
    format!("{seconds:.decimals$}")
}

#[cfg(test)]
mod tests {
    use mdbook_markdown::pulldown_cmark::{Event, Tag, TagEnd};
    use mdbook_markdown::{MarkdownOptions, new_cmark_parser};
    use proptest::prelude::*;

    use super::*;

    /// The text of all code blocks, as the page will show it.
    fn code(markdown: &str) -> Vec<String> {
        let mut found = Vec::new();
        let mut inside = false;
        for event in new_cmark_parser(markdown, &MarkdownOptions::default()) {
            match event {
                Event::Start(Tag::CodeBlock(_)) => {
                    inside = true;
                    found.push(String::new());
                }
                Event::End(TagEnd::CodeBlock) => inside = false,
                Event::Text(text) if inside => found.last_mut().unwrap().push_str(&text),
                _ => {}
            }
        }
        found
    }

    #[test]
    fn a_number_and_its_unit_stay_together_and_words_may_part() {
        assert_eq!(unbroken("0.15 s"), "0.15\u{a0}s");
        assert_eq!(unbroken("11 %"), "11\u{a0}%");
        assert_eq!(unbroken("2 cores at work"), "2 cores at work");
        assert_eq!(unbroken("Match #1"), "Match #1");
    }

    #[test]
    fn fences_and_html_in_the_output_stay_text() {
        let nasty =
            "```\n</code></pre></figure>\n<!-- cmdrun echo no -->\n````text\n&amp; **bold**\n";
        assert_eq!(code(&figure("x", nasty)), [nasty]);
    }

    #[test]
    fn lines_are_cut_with_a_mark_where_something_is_missing() {
        let text = "1\n2\n3\n4\n";
        assert_eq!(cut(text, span("2-3").unwrap()).unwrap(), "…\n2\n3\n…\n");
        assert_eq!(cut(text, span("3-").unwrap()).unwrap(), "…\n3\n4\n");
        assert_eq!(cut(text, span("-4").unwrap()).unwrap(), text);
        assert!(cut(text, span("2-5").unwrap()).is_err());
        assert!(cut(text, span("5-").unwrap()).is_err());
        for wrong in ["3-2", "0-2", "x", "1-x"] {
            assert!(span(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn seconds_have_two_digits_that_mean_something() {
        for (ms, text) in [
            (52, "0.052"),
            (130, "0.13"),
            (996, "1.0"),
            (1_272, "1.3"),
            (9_960, "10"),
            (12_400, "12"),
        ] {
            assert_eq!(seconds(Duration::from_millis(ms)), text);
        }
    }

    proptest! {
        #[test]
        fn whatever_was_printed_is_on_the_page_to_the_letter(text in "[`~<>!a& \n-]{0,60}") {
            let page = format!("Before.\n{}After.\n", figure("x", &text));
            let expected = if text.is_empty() || text.ends_with('\n') { text } else { text + "\n" };
            prop_assert_eq!(code(&page).concat(), expected);
        }
    }
}
