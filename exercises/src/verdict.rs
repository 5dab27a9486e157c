//! What the judge has to say about an answer, for people and for programs. Must not know how any of
//! it was found out.

use std::fmt::Write as _;

use serde::{Deserialize, Serialize};

/// A finding fits this many lines, headline included.
pub const LINES_MAX: usize = 8;
const COLUMNS_MAX: usize = 100;

/// What is wrong, told so that it can be put right.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// The name of the check that found it; the same for every wording.
    pub check: String,
    /// One sentence in the story's voice.
    pub headline: String,
    /// What the judge saw.
    pub seen: String,
    /// What it should have seen.
    pub expected: String,
    /// Why that matters.
    pub why: String,
    /// The slugs of the chapters to read.
    pub read: Vec<String>,
}

impl Finding {
    /// A finding under the name of its check; the other parts are added one by one.
    pub fn new(check: impl Into<String>, headline: impl Into<String>) -> Finding {
        Finding {
            check: check.into(),
            headline: headline.into(),
            seen: String::new(),
            expected: String::new(),
            why: String::new(),
            read: Vec::new(),
        }
    }

    /// What the judge saw.
    #[must_use]
    pub fn seen(mut self, seen: impl Into<String>) -> Finding {
        self.seen = seen.into();
        self
    }

    /// What it should have seen.
    #[must_use]
    pub fn expected(mut self, expected: impl Into<String>) -> Finding {
        self.expected = expected.into();
        self
    }

    /// Why that matters.
    #[must_use]
    pub fn why(mut self, why: impl Into<String>) -> Finding {
        self.why = why.into();
        self
    }

    /// The chapters that explain it.
    #[must_use]
    pub fn read(mut self, chapters: &[&str]) -> Finding {
        self.read = chapters.iter().map(|&c| c.to_owned()).collect();
        self
    }

    /// The finding as lines of text, at most [`LINES_MAX`].
    pub fn lines(&self) -> Vec<String> {
        let mut lines = wrap("", &self.headline);
        lines.extend(wrap("seen", &self.seen));
        lines.extend(wrap("expected", &self.expected));
        lines.extend(wrap("why", &self.why));
        let chapters: Vec<String> =
            self.read.iter().map(|c| format!("book/chapters/{c}.md")).collect();
        lines.extend(wrap("read", &chapters.join(", ")));
        lines
    }
}

/// Breaks a text after a label into lines, the later ones indented.
fn wrap(label: &str, text: &str) -> Vec<String> {
    let indent = if label.is_empty() { 0 } else { 12 };
    let mut lines = Vec::new();
    let mut line = if label.is_empty() { String::new() } else { format!("  {label:<10}") };
    let mut fresh = true;
    for word in text.split_whitespace() {
        if !fresh && line.chars().count() + 1 + word.chars().count() > COLUMNS_MAX {
            lines.push(std::mem::replace(&mut line, " ".repeat(indent)));
            fresh = true;
        }
        let space = if fresh { "" } else { " " };
        let _ = write!(line, "{space}{word}");
        fresh = false;
    }
    lines.push(line);
    lines
}

/// The judge's whole answer about one exercise.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Verdict {
    /// The slug of the exercise, number first.
    pub exercise: String,
    /// Nothing was found, or this was; the first finding is the only one told.
    pub finding: Option<Finding>,
    /// What was seen that was as it should be, one sentence for each scene played to its end.
    pub facts: Vec<String>,
    /// What the answer printed while it ran in the scene that decided.
    pub printed: String,
}

impl Verdict {
    /// Whether the exercise is solved.
    pub fn passed(&self) -> bool {
        self.finding.is_none()
    }

    /// The verdict as lines of text, without color.
    pub fn lines(&self) -> Vec<String> {
        let Some(finding) = &self.finding else {
            let mut lines = vec![format!("{}: solved.", self.exercise)];
            lines.extend(self.facts.iter().map(|f| format!("  {f}")));
            return lines;
        };
        let mut lines = finding.lines();
        if !self.printed.is_empty() {
            lines.push(String::new());
            lines.push("Your program printed:".to_owned());
            lines.extend(excerpt(&self.printed));
        }
        lines
    }
}

/// The last lines of what was printed; the rest is only counted.
fn excerpt(printed: &str) -> Vec<String> {
    const LAST: usize = 12;
    let all: Vec<&str> = printed.trim_end().lines().collect();
    let skipped = all.len().saturating_sub(LAST);
    let mut lines = Vec::new();
    if skipped > 0 {
        lines.push(format!("  | … {skipped} lines more"));
    }
    lines.extend(all[skipped..].iter().map(|l| format!("  | {l}")));
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_texts_are_wrapped_under_their_label() {
        let finding =
            Finding::new("x", "Closing time.").seen("word ".repeat(30)).read(&["map", "agency"]);
        let lines = finding.lines();
        assert_eq!(lines[0], "Closing time.");
        assert!(lines[1].starts_with("  seen      word"));
        assert!(lines[2].starts_with("            word"));
        assert!(lines.iter().all(|l| l.chars().count() <= COLUMNS_MAX));
        assert_eq!(
            lines.last().unwrap(),
            "  read      book/chapters/map.md, book/chapters/agency.md"
        );
    }

    #[test]
    fn of_a_long_print_the_end_is_shown_and_the_rest_counted() {
        let printed: String = (1..=30).map(|i| format!("line {i}\n")).collect();
        let lines = excerpt(&printed);
        assert_eq!(lines[0], "  | … 18 lines more");
        assert_eq!(lines.last().unwrap(), "  | line 30");
    }
}
