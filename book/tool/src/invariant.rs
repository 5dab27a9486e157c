//! What can be said of an output whose order varies: which lines there are, how many, how many different, in which order.
//!
//! Must not know: samples, files, processes.

use std::collections::BTreeSet;

use anyhow::{Context, Result, ensure};
use regex::Regex;
use serde::Deserialize;

/// One `[[lines]]` of a sample's header, as written.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct LinesAsWritten {
    like: String,
    count: Option<usize>,
    at_least: Option<usize>,
    at_most: Option<usize>,
    distinct: Option<usize>,
    #[serde(default)]
    ascending: bool,
}

/// A kind of line, and what is promised about all lines of this kind.
#[derive(Debug, Clone)]
pub(crate) struct Lines {
    written: LinesAsWritten,
    pattern: Regex,
}

impl TryFrom<LinesAsWritten> for Lines {
    type Error = anyhow::Error;

    fn try_from(written: LinesAsWritten) -> Result<Self> {
        let pattern = Regex::new(&format!("^(?:{})$", written.like))
            .with_context(|| format!("`like = '{}'` is no regular expression", written.like))?;
        ensure!(
            written.count.is_none() || (written.at_least.is_none() && written.at_most.is_none()),
            "`like = '{}'` has `count` and bounds; one or the other is enough",
            written.like
        );
        ensure!(
            pattern.captures_len() > 1 || (written.distinct.is_none() && !written.ascending),
            "`like = '{}'` has `distinct` or `ascending`, which speak of its first group, and no group; \
             put parentheses around what they speak of",
            written.like
        );
        Ok(Self { written, pattern })
    }
}

/// Whether `text` keeps all promises; if not, every broken one.
pub(crate) fn check(text: &str, kinds: &[Lines], blocks: bool) -> Result<(), String> {
    let mut broken = Vec::new();
    let mut found: Vec<Vec<String>> = vec![Vec::new(); kinds.len()];
    let mut latest = 0;
    for (number, line) in text.lines().enumerate().map(|(index, line)| (index + 1, line)) {
        let Some(kind) = kinds.iter().position(|kind| kind.pattern.is_match(line)) else {
            broken.push(format!("line {number} is like none of the [[lines]]: {line}"));
            continue;
        };
        if blocks && kind < latest {
            let (early, late) = (&kinds[kind].written.like, &kinds[latest].written.like);
            broken.push(format!("line {number} comes too late: {line}\n  all lines like '{early}' precede those like '{late}'"));
        }
        latest = latest.max(kind);
        let captures = kinds[kind].pattern.captures(line);
        let group = captures.and_then(|c| c.get(1)).map_or("", |group| group.as_str());
        found[kind].push(group.to_owned());
    }
    for (kind, groups) in kinds.iter().zip(&found) {
        broken.extend(kind.promises_broken_by(groups));
    }
    if broken.is_empty() { Ok(()) } else { Err(broken.join("\n")) }
}

impl Lines {
    /// `groups` is what the first group held, line by line.
    fn promises_broken_by(&self, groups: &[String]) -> Vec<String> {
        let LinesAsWritten { like, count, at_least, at_most, distinct, ascending } = &self.written;
        let seen = groups.len();
        let mut broken = Vec::new();
        if let Some(wanted) = count.filter(|wanted| *wanted != seen) {
            broken.push(format!("{seen} lines are like '{like}', instead of {wanted}"));
        }
        if let Some(wanted) = at_least.filter(|wanted| seen < *wanted) {
            broken.push(format!("{seen} lines are like '{like}', instead of at least {wanted}"));
        }
        if let Some(wanted) = at_most.filter(|wanted| seen > *wanted) {
            broken.push(format!("{seen} lines are like '{like}', instead of at most {wanted}"));
        }
        let different = groups.iter().collect::<BTreeSet<_>>().len();
        if let Some(wanted) = distinct.filter(|wanted| *wanted != different) {
            broken.push(format!("the first group of '{like}' takes {different} different values, instead of {wanted}"));
        }
        if *ascending && !ascends(groups) {
            broken.push(format!(
                "the first group of '{like}' does not grow from line to line: {}",
                groups.join(", ")
            ));
        }
        broken
    }
}

/// Whether these are numbers, each larger than the one before it.
fn ascends(groups: &[String]) -> bool {
    let numbers: Option<Vec<f64>> = groups.iter().map(|group| group.parse().ok()).collect();
    numbers.is_some_and(|numbers| numbers.windows(2).all(|pair| pair[0] < pair[1]))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn kinds(toml: &str) -> Vec<Lines> {
        #[derive(Deserialize)]
        struct Header {
            lines: Vec<LinesAsWritten>,
        }
        let header: Header = toml::from_str(toml).unwrap();
        header.lines.into_iter().map(|written| Lines::try_from(written).unwrap()).collect()
    }

    fn matches() -> Vec<Lines> {
        kinds(
            "[[lines]]\nlike = 'Dispatching (\\d+)'\ncount = 3\ndistinct = 3\n\
             [[lines]]\nlike = 'Result (\\d+)'\ncount = 3\nascending = true",
        )
    }

    #[test]
    fn every_broken_promise_is_named() {
        let printed = "Dispatching 1\nDispatching 1\nResult 2\nResult 1\nDispatching 3\nsurprise";
        let message = check(printed, &matches(), true).unwrap_err();
        for part in [
            "line 6 is like none of the [[lines]]: surprise",
            "line 5 comes too late",
            "2 lines are like 'Result (\\d+)', instead of 3",
            "takes 2 different values, instead of 3",
            "does not grow from line to line: 2, 1",
        ] {
            assert!(message.contains(part), "{part:?} is missing in:\n{message}");
        }
    }

    #[test]
    fn bounds_hold_at_both_ends() {
        let kinds = kinds("[[lines]]\nlike = 'x'\nat_least = 1\nat_most = 2");
        assert!(check("", &kinds, false).is_err());
        assert!(check("x\n", &kinds, false).is_ok());
        assert!(check("x\nx\nx\n", &kinds, false).is_err());
    }

    #[test]
    fn a_promise_about_a_group_needs_a_group() {
        let written: LinesAsWritten = toml::from_str("like = 'x'\ndistinct = 2").unwrap();
        assert!(Lines::try_from(written).unwrap_err().to_string().contains("parentheses"));
    }

    proptest! {
        #[test]
        fn any_order_of_dispatching_passes_and_a_lost_line_never_does(order in Just(vec![1, 2, 3]).prop_shuffle(), lost in 0usize..6) {
            let mut lines: Vec<String> = order.iter().map(|n| format!("Dispatching {n}")).collect();
            lines.extend((1..=3).map(|n| format!("Result {n}")));
            prop_assert_eq!(check(&lines.join("\n"), &matches(), true), Ok(()));
            lines.remove(lost);
            prop_assert!(check(&lines.join("\n"), &matches(), true).is_err());
        }
    }
}
