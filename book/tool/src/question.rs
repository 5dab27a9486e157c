//! Questions and predictions: comments in a chapter become the frame that the page's own script works on.
//!
//! ```markdown
//! <!-- question SLUG -->
//! **The question?**
//!
//! <details>
//! <summary>An option.</summary>
//!
//! Right. Why it is.
//!
//! </details>
//! <!-- end -->
//! ```
//!
//! A prediction has `<!-- reveal -->` before its end, and what stands between the two is the run. Without JavaScript the options
//! and the run stay folded, and nothing is lost. An option is a line of Markdown, which no parser would look for within `<summary>`;
//! it is rendered here.
//!
//! Must not know: what scripts do with them.

use std::collections::BTreeMap;
use std::sync::{LazyLock, Mutex, PoisonError};

use anyhow::{Result, bail, ensure};
use mdbook_markdown::pulldown_cmark::{Event, Tag, TagEnd, html};
use mdbook_markdown::{MarkdownOptions, new_cmark_parser};
use regex::Regex;

static MARK: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^<!--\s*(?:(question|prediction)\s+([a-z0-9-]+)|(reveal)|(end))\s*-->").unwrap()
});
static INTENT: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"<!--\s*(?:question|prediction|reveal|end)\b").unwrap());
static OPTION: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?s)<details>\s*<summary>(.*?)</summary>(.*?)</details>").unwrap()
});
static SUMMARY: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"(?s)<summary>(.*?)</summary>").unwrap());
static RIGHT: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"^\s*Right\b").unwrap());

/// In a chapter with fewer questions than this nobody learns from the length of options.
const SOME: usize = 3;

/// The slugs of a book and the chapters that have them: answers are kept by slug, so each is there once.
#[derive(Debug, Default)]
pub(crate) struct Slugs(Mutex<BTreeMap<String, String>>);

impl Slugs {
    fn take(&self, slug: &str, chapter: &str) -> Result<()> {
        let mut slugs = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(other) = slugs.insert(slug.to_owned(), chapter.to_owned()) {
            bail!(
                "question `{slug}` is asked in {other} already; answers are kept by that word, so it must be the only one"
            );
        }
        Ok(())
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Open {
    Nothing,
    Question,
    Prediction,
    Run,
}

/// The chapter with frames in place of the comments.
pub(crate) fn frame(markdown: &str, chapter: &str, slugs: &Slugs) -> Result<String> {
    let mut page = String::with_capacity(markdown.len());
    let (mut copied, mut open, mut name, mut begun) = (0, Open::Nothing, String::new(), 0);
    let (mut asked, mut told_by_length) = (0, 0);
    for (at, mark) in marks(markdown)? {
        let text = &markdown[copied..at.start];
        if matches!(open, Open::Question | Open::Prediction) {
            page.push_str(&with_options_rendered(text, &name)?);
        } else {
            page.push_str(text);
        }
        copied = at.end;
        let body = &markdown[begun..at.start];
        match (&mark, open) {
            (Mark::Opening { is_prediction, slug }, Open::Nothing) => {
                slugs.take(slug, chapter)?;
                let kind = if *is_prediction { "prediction" } else { "question" };
                page.push_str(&format!(
                    "<div class=\"{kind}\" id=\"question-{slug}\" data-slug=\"{slug}\">\n"
                ));
                open = if *is_prediction { Open::Prediction } else { Open::Question };
                (name, begun) = (slug.clone(), at.end);
            }
            (Mark::Reveal, Open::Prediction) => {
                asked += 1;
                told_by_length += usize::from(check(&name, body)?);
                page.push_str("<details class=\"reveal\">\n<summary>What the run says</summary>\n");
                open = Open::Run;
            }
            (Mark::End, Open::Question) => {
                asked += 1;
                told_by_length += usize::from(check(&name, body)?);
                page.push_str("</div>\n");
                open = Open::Nothing;
            }
            (Mark::End, Open::Run) => {
                page.push_str("\n</details>\n</div>\n");
                open = Open::Nothing;
            }
            (Mark::Opening { slug, .. }, _) => {
                bail!("question `{slug}` begins before `<!-- end -->` of `{name}`")
            }
            (Mark::Reveal, _) => bail!("`<!-- reveal -->` belongs into a prediction"),
            (Mark::End, Open::Prediction) => bail!("prediction `{name}` has no `<!-- reveal -->`"),
            (Mark::End, Open::Nothing) => bail!("`<!-- end -->` ends no question"),
        }
    }
    ensure!(open == Open::Nothing, "question `{name}` has no `<!-- end -->`");
    ensure!(
        asked < SOME || told_by_length * 2 <= asked,
        "in {told_by_length} of {asked} questions the right option is the longest, and can be told without reading them: \
         say more in wrong ones"
    );
    page.push_str(&markdown[copied..]);
    Ok(page)
}

enum Mark {
    Opening { is_prediction: bool, slug: String },
    Reveal,
    End,
}

/// The comments that mean something here, outside of code.
fn marks(markdown: &str) -> Result<Vec<(std::ops::Range<usize>, Mark)>> {
    let mut found = Vec::new();
    for (event, range) in new_cmark_parser(markdown, &MarkdownOptions::default()).into_offset_iter()
    {
        if !matches!(event, Event::Html(_) | Event::InlineHtml(_)) {
            continue;
        }
        let html = &markdown[range.clone()];
        for intent in INTENT.find_iter(html) {
            let start = range.start + intent.start();
            let Some(mark) = MARK.captures(&markdown[start..]) else {
                let line = markdown[start..].lines().next().unwrap_or_default();
                bail!(
                    "this is no `<!-- question SLUG -->`, `<!-- prediction SLUG -->`, `<!-- reveal -->` or `<!-- end -->`: {line}"
                )
            };
            let kind = match (mark.get(1), mark.get(3)) {
                (Some(kind), _) => Mark::Opening {
                    is_prediction: kind.as_str() == "prediction",
                    slug: mark[2].to_owned(),
                },
                (None, Some(_)) => Mark::Reveal,
                (None, None) => Mark::End,
            };
            found.push((start..start + mark[0].len(), kind));
        }
    }
    Ok(found)
}

/// A question asks something, and every option is explained. Says whether one that is right is longer than all that are not.
fn check(slug: &str, body: &str) -> Result<bool> {
    ensure!(
        body.trim_start().starts_with("**"),
        "question `{slug}` begins with the question itself, in **bold**"
    );
    let options: Vec<_> = OPTION.captures_iter(body).collect();
    ensure!(options.len() >= 2, "question `{slug}` has fewer than two options");
    ensure!(
        options.len() == body.matches("<details>").count(),
        "an option of question `{slug}` has no <summary> or no </details>"
    );
    for option in &options {
        ensure!(
            !option[2].trim().is_empty(),
            "question `{slug}`, “{}”: no explanation",
            &option[1]
        );
    }
    let longest = |is_right: bool| {
        let options = options.iter().filter(|option| RIGHT.is_match(&option[2]) == is_right);
        options.map(|option| option[1].chars().count()).max()
    };
    ensure!(
        longest(true).is_some(),
        "question `{slug}` has no option whose explanation begins with “Right”"
    );
    Ok(longest(true) > longest(false))
}

/// The body of a question with its options as HTML.
fn with_options_rendered(body: &str, slug: &str) -> Result<String> {
    let (mut rendered, mut copied) = (String::with_capacity(body.len()), 0);
    for option in SUMMARY.captures_iter(body) {
        let text = option.get(1).expect("the pattern has a group");
        rendered.push_str(&body[copied..text.start()]);
        rendered.push_str(&in_line(text.as_str(), slug)?);
        copied = text.end();
    }
    Ok(rendered + &body[copied..])
}

/// A line of Markdown as HTML, without the paragraph around it.
fn in_line(markdown: &str, slug: &str) -> Result<String> {
    let mut events = Vec::new();
    for event in new_cmark_parser(markdown, &MarkdownOptions::default()) {
        match event {
            Event::Start(Tag::Paragraph) | Event::End(TagEnd::Paragraph) => {}
            Event::Start(Tag::Emphasis | Tag::Strong)
            | Event::End(TagEnd::Emphasis | TagEnd::Strong)
            | Event::Text(_)
            | Event::Code(_) => events.push(event),
            _ => {
                bail!("question `{slug}`, “{markdown}”: an option is a line of plain text and code")
            }
        }
    }
    let mut line = String::new();
    html::push_html(&mut line, events.into_iter());
    Ok(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    const BODY: &str = "**Why?**\n\n<details>\n<summary>So.</summary>\n\nRight.\n\n</details>\n\
                        <details>\n<summary>No.</summary>\n\nIt is not.\n\n</details>\n";

    fn framed(markdown: &str) -> Result<String> {
        frame(markdown, "map.md", &Slugs::default())
    }

    #[test]
    fn a_question_gets_a_frame_and_a_prediction_folds_its_run() {
        let question = framed(&format!("<!-- question why -->\n{BODY}<!-- end -->\n")).unwrap();
        assert_eq!(
            question,
            format!(
                "<div class=\"question\" id=\"question-why\" data-slug=\"why\">\n\n{BODY}</div>\n\n"
            )
        );
        let prediction = framed(&format!(
            "<!-- prediction why -->\n{BODY}<!-- reveal -->\n\nRun.\n<!-- end -->\n"
        ))
        .unwrap();
        assert!(prediction.contains("<details class=\"reveal\">"), "{prediction}");
        assert!(prediction.ends_with("Run.\n\n</details>\n</div>\n\n"), "{prediction}");
    }

    #[test]
    fn an_option_may_hold_code_and_shows_no_backtick() {
        let option = "<summary>`Vec<u8>` isn't *it*.</summary>";
        let body = BODY.replace("<summary>So.</summary>", option);
        for (before, after) in [("question", ""), ("prediction", "<!-- reveal -->\n\nRun.\n")] {
            let page = framed(&format!("<!-- {before} why -->\n{body}{after}<!-- end -->\n"));
            let page = page.unwrap();
            let expected = "<summary><code>Vec&lt;u8&gt;</code> isn’t <em>it</em>.</summary>";
            assert!(page.contains(expected), "{page}");
        }
        // Elsewhere a summary is whatever its author wrote.
        assert_eq!(framed(option).unwrap(), option);
    }

    #[test]
    fn in_code_a_mark_is_text() {
        let text = "```markdown\n<!-- question why -->\n```\n\nWrite `<!-- end -->`.\n";
        assert_eq!(framed(text).unwrap(), text);
    }

    #[test]
    fn what_is_wrong_is_named() {
        let option = "<details>\n<summary>So.</summary>\n\nRight.\n\n</details>\n";
        for (text, expected) in [
            (format!("<!-- question a -->\n{BODY}"), "no `<!-- end -->`"),
            (format!("<!-- prediction a -->\n{BODY}<!-- end -->\n"), "no `<!-- reveal -->`"),
            (format!("<!-- question a -->\n{BODY}<!-- reveal -->\n<!-- end -->\n"), "belongs into"),
            (
                format!("<!-- question a -->\n{BODY}<!-- question b -->\n"),
                "before `<!-- end -->` of `a`",
            ),
            ("<!-- end -->\n".to_owned(), "ends no question"),
            ("<!-- question A b -->\n".to_owned(), "this is no"),
            (format!("<!-- question a -->\n**Why?**\n\n{option}<!-- end -->\n"), "fewer than two"),
            (
                format!("<!-- question a -->\n{}<!-- end -->\n", BODY.replace("Right.", "Yes.")),
                "begins with “Right”",
            ),
            (
                format!("<!-- question a -->\n{}<!-- end -->\n", BODY.replace("So.", "- So.")),
                "a line of plain text",
            ),
            (
                format!("<!-- question a -->\n{}<!-- end -->\n", BODY.replace("It is not.", "")),
                "no explanation",
            ),
            (
                format!("<!-- question a -->\n{}<!-- end -->\n", BODY.replace("**", "")),
                "in **bold**",
            ),
        ] {
            let told = framed(&text).unwrap_err().to_string();
            assert!(told.contains(expected), "{told}");
        }
    }

    #[test]
    fn the_right_option_is_not_told_by_its_length() {
        let asked = |told: usize, others: usize, kind: &str, rest: &str| {
            let long = BODY.replace("So.", "So, and for a reason.");
            let bodies =
                std::iter::repeat_n(&long[..], told).chain(std::iter::repeat_n(BODY, others));
            let ask = |(number, body)| {
                format!("<!-- {kind} q-{number} -->\n{body}{rest}<!-- end -->\n\n")
            };
            framed(&bodies.enumerate().map(ask).collect::<String>())
        };
        for (kind, rest) in [("question", ""), ("prediction", "<!-- reveal -->\n\nRun.\n")] {
            assert!(asked(2, 0, kind, rest).is_ok() && asked(2, 2, kind, rest).is_ok());
            let told = asked(2, 1, kind, rest).unwrap_err().to_string();
            assert!(told.contains("in 2 of 3 questions"), "{told}");
        }
    }

    #[test]
    fn a_slug_is_used_once_in_the_whole_book() {
        let slugs = Slugs::default();
        let text = format!("<!-- question why -->\n{BODY}<!-- end -->\n");
        frame(&text, "map.md", &slugs).unwrap();
        assert!(frame(&text, "imap.md", &slugs).unwrap_err().to_string().contains("map.md"));
    }
}
