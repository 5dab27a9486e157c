//! The contest: who does what, round by round, and what came out.
//!
//! Must not know how a figure is shown.

use std::collections::BTreeMap;
use std::env;
use std::io::{IsTerminal, Write};
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::Result;
use clap::ValueEnum;

use crate::child::{Ended, Runner};
use crate::machine;
use crate::play::{Competitor, Kind};
use crate::work::{Row, Work};

pub(crate) struct Contest {
    pub(crate) rounds: usize,
    pub(crate) budget: Duration,
    /// Items of work that counts bytes.
    pub(crate) items: u64,
    /// For one competitor on one piece of work.
    pub(crate) deadline: Duration,
    /// Empty: all.
    pub(crate) works: Vec<Work>,
    /// Beside ours; empty: all.
    pub(crate) against: Vec<Competitor>,
}

/// Ctrl-C, or another request to end.
#[derive(Debug)]
pub(crate) struct Interrupted;

impl std::fmt::Display for Interrupted {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("interrupted")
    }
}

impl std::error::Error for Interrupted {}

/// Workers of each pool, unless the work says otherwise.
pub(crate) const WORKERS: usize = 2;

/// What a competitor made of a piece of work.
#[derive(Clone)]
pub(crate) enum Cell {
    /// The figures of all rounds, sorted.
    Figures(Vec<f64>),
    Unsupported,
    Missing,
    Late,
    Failed(String),
}

impl Cell {
    pub(crate) fn median(&self) -> Option<f64> {
        let Self::Figures(values) = self else { return None };
        let upper = values.len() / 2;
        let lower = (values.len() - 1) / 2;
        Some((values[lower] + values[upper]) / 2.0)
    }
}

#[derive(Default)]
pub(crate) struct Results {
    figures: BTreeMap<(String, Key), Vec<f64>>,
    /// Why there are none.
    without: BTreeMap<Key, Cell>,
    pub(crate) took: Duration,
}

/// Work and competitor, by number.
type Key = (u8, u8);

fn key(work: Work, competitor: Competitor) -> Key {
    (work as u8, competitor as u8)
}

impl Results {
    pub(crate) fn cell(&self, row: &Row, competitor: Competitor) -> Cell {
        let key = key(row.work, competitor);
        if let Some(values) = self.figures.get(&(row.metric.to_owned(), key)) {
            let mut values = values.clone();
            values.sort_by(f64::total_cmp);
            return Cell::Figures(values);
        }
        self.without.get(&key).cloned().unwrap_or(Cell::Unsupported)
    }
}

impl Contest {
    pub(crate) fn works(&self) -> Vec<Work> {
        let asked = |work: &Work| self.works.is_empty() || self.works.contains(work);
        Work::value_variants().iter().copied().filter(asked).collect()
    }

    pub(crate) fn competitors(&self) -> Vec<Competitor> {
        let asked = |one: &Competitor| {
            one.kind() == Kind::Ours || self.against.is_empty() || self.against.contains(one)
        };
        Competitor::value_variants().iter().copied().filter(asked).collect()
    }

    pub(crate) fn hold(&self) -> Result<Results> {
        let began = Instant::now();
        let idle = Duration::from_secs(if self.budget.as_millis() < 200 { 1 } else { 4 });
        let runner = Runner::new(self.deadline, idle)?;
        let competitors = self.competitors();
        let missing: Vec<_> = competitors
            .iter()
            .copied()
            .filter(|one| one.python().is_some_and(|module| machine::python(module).is_none()))
            .collect();
        for one in &missing {
            eprintln!("{} is not installed: skipped", one.name());
        }
        let mut results = Results::default();
        for round in 0..self.rounds {
            for work in self.works() {
                if round > 0 && work.counts_bytes() {
                    continue;
                }
                // Another one begins in each round.
                let mut order = competitors.clone();
                order.rotate_left(round % competitors.len());
                for competitor in order {
                    let key = key(work, competitor);
                    if missing.contains(&competitor) {
                        results.without.insert(key, Cell::Missing);
                    }
                    if results.without.contains_key(&key) {
                        continue;
                    }
                    progress(&format!(
                        "round {} of {}: {}, {}",
                        round + 1,
                        self.rounds,
                        name(work),
                        competitor.name()
                    ));
                    match runner.run(self.command(work, competitor)?)? {
                        Ended::Done(figures) => {
                            for (metric, value) in figures {
                                let (metric, value) = shared_out(metric, value);
                                results.figures.entry((metric, key)).or_default().push(value);
                            }
                        }
                        Ended::Unsupported => _ = results.without.insert(key, Cell::Unsupported),
                        Ended::Late => _ = results.without.insert(key, Cell::Late),
                        Ended::Failed(why) => {
                            eprintln!("{}, {}: {why}", name(work), competitor.name());
                            results.without.insert(key, Cell::Failed(why));
                        }
                        Ended::Interrupted => return Err(Interrupted.into()),
                    }
                }
            }
        }
        progress("");
        results.took = began.elapsed();
        Ok(results)
    }

    fn command(&self, work: Work, competitor: Competitor) -> Result<Command> {
        let competitor_name = name(competitor);
        let mut command = if competitor.python().is_some() {
            let mut command = Command::new("python3");
            command
                .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("pools.py"))
                .arg(competitor_name);
            command
        } else {
            let mut command = Command::new(env::current_exe()?);
            command.arg("play").arg(competitor_name);
            command
        };
        let sleeps: Vec<_> = work.sleeps_us().iter().map(u64::to_string).collect();
        command
            .arg("--work")
            .arg(name(work))
            .args(["--workers", &WORKERS.to_string()])
            .args(["--budget-ms", &self.budget.as_millis().to_string()])
            .args(["--items", &self.items.to_string()]);
        if !sleeps.is_empty() {
            command.args(["--sleeps-us", &sleeps.join(",")]);
        }
        Ok(command)
    }
}

/// How one says it on the command line.
fn name(value: impl ValueEnum) -> String {
    value.to_possible_value().expect("none is skipped").get_name().to_owned()
}

/// The memory of all below a pool becomes that of each of its workers.
fn shared_out(metric: String, value: f64) -> (String, f64) {
    if metric == "below" { ("worker".to_owned(), value / WORKERS as f64) } else { (metric, value) }
}

/// A line that overwrites itself on a terminal.
fn progress(text: &str) {
    if std::io::stderr().is_terminal() {
        eprint!("\r\x1b[K{text}");
        let _ = std::io::stderr().flush();
    } else if !text.is_empty() {
        eprintln!("{text}");
    }
}
