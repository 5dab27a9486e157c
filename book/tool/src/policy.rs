//! What a sample promises about its run, and whether it kept it.
//!
//! The promise stands in the sample's own header (README.md lists the keys), so that who reads the program reads it too.
//! A run is judged as data: this file starts nothing and reads no files.
//!
//! Must not know: how a run came about, where expected texts are kept, what the pages show.

use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use nix::sys::signal::Signal;
use regex::Regex;
use serde::Deserialize;
use similar::TextDiff;

use crate::invariant::{self, Lines, LinesAsWritten};
use crate::normalize::normalize;
use crate::process::Exit;

/// What stdout is compared with.
#[derive(Debug, Clone)]
enum Output {
    /// The expected text, byte for byte.
    Exact,
    /// The expected text, after both were normalized.
    Normalized { replacements: Vec<(Regex, String)> },
    /// Stated properties.
    Invariant { kinds: Vec<Lines>, blocks: bool },
}

/// The promise of one sample.
#[derive(Debug, Clone)]
pub(crate) struct Policy {
    output: Output,
    exit: Exit,
    stderr: Option<Regex>,
    /// After so long the sample is killed.
    pub(crate) deadline: Duration,
}

/// The header, as written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AsWritten {
    output: OutputName,
    #[serde(default)]
    exit: Option<ExitAsWritten>,
    #[serde(default)]
    stderr: Option<String>,
    #[serde(default)]
    deadline_s: Option<u64>,
    #[serde(default)]
    replace: Vec<(String, String)>,
    #[serde(default)]
    blocks: bool,
    #[serde(default)]
    lines: Vec<LinesAsWritten>,
}

#[derive(Deserialize, PartialEq, Clone, Copy)]
#[serde(rename_all = "lowercase")]
enum OutputName {
    Exact,
    #[serde(alias = "normalised")]
    Normalized,
    Invariant,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum ExitAsWritten {
    Code(i32),
    Name(String),
}

const DEADLINE_DEFAULT_S: u64 = 30;

impl Policy {
    /// Reads the policy from the lines at the head of a sample that begin with `mark`.
    pub(crate) fn from_source(source: &str, mark: &str) -> Result<Self> {
        let header = header(source, mark).with_context(|| {
            format!(
                "its header does not say how its output may vary. Add these lines below its first `{mark}` lines:\n\n\
                 {mark} ```toml\n{mark} output = \"exact\"\n{mark} ```\n\n\
                 (or \"normalized\", or \"invariant\"; book/tool/README.md explains them)"
            )
        })?;
        let written: AsWritten =
            toml::from_str(&header).context("the TOML in its header cannot be read")?;
        Self::from_written(written).context("the TOML in its header contradicts itself")
    }

    fn from_written(written: AsWritten) -> Result<Self> {
        ensure!(
            written.output == OutputName::Normalized || written.replace.is_empty(),
            "`replace` belongs to output = \"normalized\""
        );
        ensure!(
            written.output == OutputName::Invariant
                || (written.lines.is_empty() && !written.blocks),
            "`[[lines]]` and `blocks` belong to output = \"invariant\""
        );
        let output = match written.output {
            OutputName::Exact => Output::Exact,
            OutputName::Normalized => {
                let compile = |(pattern, by): (String, String)| -> Result<(Regex, String)> {
                    let regex = Regex::new(&pattern).with_context(|| {
                        format!("`{pattern}` in `replace` is no regular expression")
                    })?;
                    Ok((regex, by))
                };
                Output::Normalized {
                    replacements: written
                        .replace
                        .into_iter()
                        .map(compile)
                        .collect::<Result<_>>()?,
                }
            }
            OutputName::Invariant => {
                ensure!(!written.lines.is_empty(), "output = \"invariant\" states no [[lines]]");
                let kinds =
                    written.lines.into_iter().map(Lines::try_from).collect::<Result<_>>()?;
                Output::Invariant { kinds, blocks: written.blocks }
            }
        };
        let stderr = written.stderr.map(|pattern| Regex::new(&pattern)).transpose();
        Ok(Self {
            output,
            exit: written.exit.map_or(Ok(Exit::Code(0)), ExitAsWritten::known)?,
            stderr: stderr.context("`stderr` is no regular expression")?,
            deadline: Duration::from_secs(written.deadline_s.unwrap_or(DEADLINE_DEFAULT_S)),
        })
    }

    /// Whether there has to be an expected text.
    pub(crate) fn wants_expected_text(&self) -> bool {
        !matches!(self.output, Output::Invariant { .. })
    }

    /// What is worth keeping of `stdout` as the expected text.
    pub(crate) fn expected_text_from(&self, stdout: &str) -> String {
        match &self.output {
            Output::Normalized { replacements } => normalize(stdout, replacements),
            Output::Exact | Output::Invariant { .. } => stdout.to_owned(),
        }
    }

    /// Whether it is part of the promise that the sample does not end.
    pub(crate) fn wants_no_end(&self) -> bool {
        self.exit == Exit::Stopped
    }

    /// Judges everything but stdout.
    pub(crate) fn check_end(&self, exit: Exit, stderr: &str) -> Result<()> {
        ensure!(exit == self.exit, "it ended with {exit}, and its header promises {}", self.exit);
        match &self.stderr {
            None if !stderr.is_empty() => {
                bail!("it wrote to stderr, and its header says nothing of that (`stderr = \"…\"`)")
            }
            Some(pattern) if !pattern.is_match(stderr) => {
                bail!("stderr does not contain what its header promises: {pattern}")
            }
            _ => Ok(()),
        }
    }

    /// Judges stdout. `expected` is the expected text, where there is one.
    pub(crate) fn check_stdout(&self, stdout: &str, expected: Option<&str>) -> Result<()> {
        match &self.output {
            Output::Invariant { kinds, blocks } => invariant::check(stdout, kinds, *blocks)
                .map_err(|broken| {
                    anyhow::anyhow!("it breaks its policy:\n{broken}\n--- stdout\n{stdout}")
                }),
            Output::Exact | Output::Normalized { .. } => {
                let Some(expected) = expected else {
                    bail!("there is no expected output to compare with")
                };
                let (wanted, got) =
                    (self.expected_text_from(expected), self.expected_text_from(stdout));
                ensure!(
                    wanted == got,
                    "it printed something else than expected:\n{}",
                    difference(&wanted, &got)
                );
                Ok(())
            }
        }
    }
}

fn difference(wanted: &str, got: &str) -> String {
    TextDiff::from_lines(wanted, got).unified_diff().header("expected", "printed").to_string()
}

impl ExitAsWritten {
    fn known(self) -> Result<Exit> {
        match self {
            Self::Code(code) => Ok(Exit::Code(code)),
            Self::Name(name) if name == "never" => Ok(Exit::Stopped),
            Self::Name(name) => {
                let signal: Signal = name.parse().ok().with_context(|| {
                    format!(
                        "`exit = \"{name}\"` is no signal; write a number, a name such as \"SIGSEGV\", or \"never\""
                    )
                })?;
                Ok(Exit::Signal(signal as i32))
            }
        }
    }
}

/// The TOML within the lines at the head of `source` that begin with `mark`.
fn header(source: &str, mark: &str) -> Option<String> {
    let mut lines = source
        .lines()
        .take_while(|line| line.starts_with(mark) || line.trim().is_empty())
        .filter_map(|line| line.strip_prefix(mark))
        .map(|line| line.strip_prefix(' ').unwrap_or(line));
    lines.find(|line| line.trim_end() == "```toml")?;
    let block: Vec<&str> = lines.take_while(|line| line.trim_end() != "```").collect();
    Some(block.join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy(toml: &str) -> Result<Policy> {
        let lines: String = toml.lines().map(|line| format!("//! {line}\n")).collect();
        Policy::from_source(
            &format!("//! A sample.\n//!\n//! ```toml\n{lines}//! ```\n\nfn main() {{}}\n"),
            "//!",
        )
    }

    fn complaint(toml: &str) -> String {
        format!("{:#}", policy(toml).unwrap_err())
    }

    #[test]
    fn a_header_without_a_policy_says_what_to_write() {
        let message =
            Policy::from_source("//! A sample.\nfn main() {}\n", "//!").unwrap_err().to_string();
        assert!(message.contains("//! output = \"exact\""), "{message}");
    }

    #[test]
    fn a_block_below_the_header_is_no_policy() {
        assert!(
            Policy::from_source(
                "//! A sample.\nfn main() {}\n//! ```toml\n//! output = \"exact\"\n//! ```",
                "//!"
            )
            .is_err()
        );
    }

    #[test]
    fn a_python_sample_promises_in_its_comments() {
        let source = "# A sample.\n#\n# ```toml\n# output = \"exact\"\n# exit = \"never\"\n# ```\n\nprint(1)\n";
        assert!(Policy::from_source(source, "#").unwrap().wants_no_end());
        assert!(Policy::from_source(source, "//!").is_err());
    }

    #[test]
    fn mistakes_in_the_header_are_named() {
        for (toml, part) in [
            ("output = \"exakt\"", "exakt"),
            ("ouput = \"exact\"", "ouput"),
            (
                "output = \"exact\"\nreplace = [[\"a\", \"b\"]]",
                "belongs to output = \"normalized\"",
            ),
            ("output = \"exact\"\nblocks = true", "belong to output = \"invariant\""),
            ("output = \"invariant\"", "no [[lines]]"),
            ("output = \"exact\"\nexit = \"SIGNOPE\"", "SIGNOPE"),
            ("output = \"exact\"\nstderr = \"(\"", "`stderr` is no regular expression"),
        ] {
            let message = complaint(toml);
            assert!(message.contains(part), "{toml:?}: {message}");
        }
    }

    #[test]
    fn exact_means_every_byte() {
        let policy = policy("output = \"exact\"").unwrap();
        policy.check_stdout("one\n", Some("one\n")).unwrap();
        let message =
            policy.check_stdout("one\ntwo\n", Some("one\nTwo\n")).unwrap_err().to_string();
        assert!(message.contains("-Two") && message.contains("+two"), "{message}");
        assert!(policy.check_stdout("one", Some("one\n")).is_err());
        assert!(policy.check_stdout("one", None).is_err());
    }

    #[test]
    fn normalized_compares_what_is_left_when_pids_and_times_are_gone() {
        let policy = policy("output = \"normalized\"").unwrap();
        policy.check_stdout("pid 12 took 1.5 s\n", Some("pid 99 took 20 ms\n")).unwrap();
        policy.check_stdout("pid 12 took 1.5 s\n", Some("pid PID1 took TIME\n")).unwrap();
        assert!(policy.check_stdout("pid 12, pid 12\n", Some("pid 12, pid 13\n")).is_err());
    }

    #[test]
    fn an_unexpected_end_is_a_broken_promise() {
        let dies = policy("output = \"exact\"\nexit = \"SIGABRT\"").unwrap();
        dies.check_end(Exit::Signal(6), "").unwrap();
        assert_eq!(
            dies.check_end(Exit::Code(0), "").unwrap_err().to_string(),
            "it ended with exit status 0, and its header promises SIGABRT"
        );
    }

    #[test]
    fn stderr_is_empty_unless_declared() {
        let silent = policy("output = \"exact\"").unwrap();
        assert!(silent.check_end(Exit::Code(0), "warning\n").is_err());
        let warns = policy("output = \"exact\"\nstderr = '(?m)^warning'").unwrap();
        warns.check_end(Exit::Code(0), "a\nwarning\n").unwrap();
        assert!(warns.check_end(Exit::Code(0), "").is_err());
    }
}
