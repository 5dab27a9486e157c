//! What each chapter gets without asking: the band at its head, drawn from the run of its own sample, cards for its exercises, and
//! code that begins at the margin.
//!
//! Must not know: how a run is told.

use std::fmt::Write;
use std::sync::LazyLock;

use mdbook_markdown::pulldown_cmark::{CodeBlockKind, Event, Tag};
use mdbook_markdown::{MarkdownOptions, new_cmark_parser};
use pool_lib::{Ending, Timeline};
use regex::{Captures, Regex};

use crate::chapters::names;
use crate::layout::Layout;
use crate::story;

const WIDTH: f64 = 1000.0;
const LANE: f64 = 9.0;
/// More strokes than these are a gray field.
const STROKES_MAX: usize = 400;

static EXERCISES: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"(?m)^## Exercises[ \t]*\n").unwrap());
static STARS: LazyLock<Regex> = LazyLock::new(|| Regex::new("★{1,3}").unwrap());

/// The chapter with a band before its title, if it has a sample with a pool, and with its exercises as cards.
/// `slug` is the file's name without its ending, `part` the number of the part that it stands in.
pub(crate) fn adorn(layout: &Layout, markdown: &str, slug: &str, part: usize) -> String {
    let band = timeline(layout, markdown, slug).map(|timeline| band(&timeline)).unwrap_or_default();
    let band = format!("<div class=\"band part-{part}\" aria-hidden=\"true\">{band}</div>\n\n");
    let cards = at_the_margin(&cards(markdown));
    if band.contains("<svg") || part > 0 { band + &cards } else { cards }
}

/// The run of the sample that is called like the chapter, or of the first that it uses and that has a pool.
fn timeline(layout: &Layout, markdown: &str, slug: &str) -> Option<Timeline> {
    let used = names(markdown);
    // Its own may be there in included code only, which nobody can tell from other code by now.
    let mut candidates = std::iter::once(slug).chain(used.iter().map(String::as_str));
    candidates.find_map(|name| {
        let days = story::traces(layout, name).ok()?.into_iter().map(|trace| trace.timeline());
        days.into_iter().find(|day| {
            let strokes: usize = day.lanes.iter().map(|lane| lane.runs.len()).sum();
            (1..=STROKES_MAX).contains(&strokes)
        })
    })
}

/// Lanes without words: a thin line where a desk is manned, a stroke for each slip, a gap where somebody collapsed.
fn band(timeline: &Timeline) -> String {
    let first = timeline.lanes.iter().flat_map(|lane| &lane.runs).map(|run| run.from).min();
    let first = first.unwrap_or_default();
    let last = timeline.lanes.iter().flat_map(|lane| &lane.runs).map(|run| run.until).max();
    let day = last.unwrap_or_default().saturating_sub(first).as_secs_f64().max(1e-9);
    let x = |at: std::time::Duration| at.saturating_sub(first).as_secs_f64() / day * WIDTH;
    let height = LANE * timeline.lanes.len() as f64;
    let mut svg = format!(
        "<svg viewBox=\"0 0 {WIDTH} {height}\" preserveAspectRatio=\"none\" width=\"100%\" height=\"{height}\">"
    );
    for (place, lane) in timeline.lanes.iter().enumerate() {
        let middle = LANE * (place as f64 + 0.5);
        let _ = write!(svg, "<path class=\"manned\" d=\"M0 {middle}H{WIDTH}\"/>");
        let mut strokes = [String::new(), String::new()];
        for run in &lane.runs {
            let (from, until) = (x(run.from) + 1.5, (x(run.until) - 1.5).max(x(run.from) + 2.5));
            let kind = usize::from(run.ending != Some(Ending::Returned));
            let _ = write!(strokes[kind], "M{from:.1} {middle}H{until:.1}");
        }
        for (class, path) in ["slip", "slip lost"].iter().zip(&strokes) {
            if !path.is_empty() {
                let _ = write!(svg, "<path class=\"{class}\" d=\"{path}\"/>");
            }
        }
    }
    svg + "</svg>"
}

/// The list below the heading *Exercises* in a box of its own, and stars as words for those who read by ear.
fn cards(markdown: &str) -> String {
    let Some(heading) = EXERCISES.find(markdown) else { return markdown.to_owned() };
    let (before, after) = markdown.split_at(heading.end());
    let end = after.find("\n## ").map_or(after.len(), |at| at + 1);
    let list = STARS.replace_all(&after[..end], |stars: &Captures<'_>| {
        let count = stars[0].chars().count();
        let words = ["one star", "two stars", "three stars"][count - 1];
        format!("<span class=\"stars\" role=\"img\" aria-label=\"{words}\">{}</span>", &stars[0])
    });
    format!("{before}\n<div class=\"exercises\">\n\n{}\n\n</div>\n\n{}", list.trim(), &after[end..])
}

/// What is included from within a function stands as far to the left as the rest of the page.
fn at_the_margin(markdown: &str) -> String {
    let (mut page, mut copied) = (String::with_capacity(markdown.len()), 0);
    for (event, range) in new_cmark_parser(markdown, &MarkdownOptions::default()).into_offset_iter()
    {
        let Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(_))) = event else { continue };
        let lines: Vec<&str> = markdown[range.clone()].split_inclusive('\n').collect();
        // The fences stay, and a block within a list has an indent that belongs to the list.
        let [opening, code @ .., closing] = lines.as_slice() else { continue };
        let is_in_a_list = range.start > 0 && !markdown[..range.start].ends_with('\n');
        let indents = code.iter().filter(|line| !line.trim().is_empty());
        let indent = indents.map(|line| line.len() - line.trim_start_matches(' ').len()).min();
        if is_in_a_list || indent.unwrap_or_default() == 0 {
            continue;
        }
        page.push_str(&markdown[copied..range.start]);
        page.push_str(opening);
        for line in code {
            page.push_str(line.get(indent.unwrap_or_default()..).unwrap_or("\n"));
        }
        page.push_str(closing);
        copied = range.end;
    }
    page + &markdown[copied..]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_from_within_a_function_begins_at_the_margin_and_keeps_its_shape() {
        let page = "# A\n\n```rust\n    for a in b {\n        c(a);\n\n    }\n```\n\nText.\n";
        assert_eq!(
            at_the_margin(page),
            "# A\n\n```rust\nfor a in b {\n    c(a);\n\n}\n```\n\nText.\n"
        );
        for same in ["```rust\nfn a() {\n    b();\n}\n```\n", "- A\n\n  ```rust\n  a();\n  ```\n"] {
            assert_eq!(at_the_margin(same), same);
        }
    }

    #[test]
    fn exercises_become_cards_and_nothing_else_does() {
        let page = cards(
            "# A\n\n1. ★ no\n\n## Exercises\n\n1. ★★ (5 minutes) yes\n2. ★ too\n\n## More\n\n1. ★ no\n",
        );
        assert_eq!(page.matches("class=\"stars\"").count(), 2, "{page}");
        assert!(page.contains("aria-label=\"two stars\">★★<"), "{page}");
        let inside = page.split("<div class=\"exercises\">").nth(1).unwrap();
        assert!(inside.find("</div>").unwrap() < inside.find("## More").unwrap(), "{page}");
        assert_eq!(cards("# A\n\n1. ★ no\n"), "# A\n\n1. ★ no\n");
    }
}
