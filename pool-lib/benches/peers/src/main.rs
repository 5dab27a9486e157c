//! Measures pool-lib beside its peers: the same work, in turn, round by round, so that noise hits all alike.
//!
//! Each competitor is a process of its own, started anew for each piece of work: it warms up, measures itself and prints its
//! figures. This program starts them, one at a time, takes medians over the rounds, and writes the tables.
//!
//! Must not hold any figure: targets stand in `work`, all else is measured.

mod work;
mod stage;
mod play;
mod proc;
mod child;
mod contest;
mod machine;
mod report;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use clap::{Parser, Subcommand};

use contest::{Contest, Interrupted};
use play::Competitor;
use stage::Stage;
use work::Work;

/// Runs pool-lib and its peers on the same work, interleaved, prints the tables and writes them to pool-lib/BENCHMARKS.md.
///
/// Peers from Python take part where python3 can import them: multiprocessing and concurrent.futures come with it,
/// `pip install loky pebble mpire` adds the rest. Which are missing is said in the table. Ctrl-C ends everything.
#[derive(Parser)]
#[command(
    name = "cargo peers",
    args_conflicts_with_subcommands = true,
    disable_help_subcommand = true
)]
struct Options {
    /// One short round, about a minute on an idle machine; written only where --output says so.
    #[arg(long)]
    quick: bool,
    /// Rounds; each competitor does each piece of work once in each [default: 5; quick: 1].
    #[arg(long)]
    rounds: Option<usize>,
    /// Only this work; may be repeated. Written only where --output says so.
    #[arg(long, value_enum)]
    only: Vec<Work>,
    /// Only this competitor, beside pool-lib; may be repeated. Written only where --output says so.
    #[arg(long, value_enum)]
    against: Vec<Competitor>,
    /// Where to write the tables [default: pool-lib/BENCHMARKS.md, if all work was done by all].
    #[arg(long)]
    output: Option<PathBuf>,
    #[command(subcommand)]
    role: Option<Role>,
}

#[derive(Subcommand)]
enum Role {
    /// Takes part in the contest instead of holding it: what this program starts its own copies with.
    #[command(hide = true)]
    Play {
        competitor: Competitor,
        #[command(flatten)]
        stage: Stage,
    },
}

fn main() -> anyhow::Result<ExitCode> {
    // Takes over in procspawn's workers. Those of pool-lib have been taken over before `main`.
    procspawn::init();
    let options = Options::parse();
    if let Some(Role::Play { competitor, stage }) = options.role {
        play::play(competitor, &stage);
        return Ok(ExitCode::SUCCESS);
    }
    let contest = Contest {
        rounds: options.rounds.unwrap_or(if options.quick { 1 } else { 5 }).max(1),
        budget: Duration::from_millis(if options.quick { 60 } else { 300 }),
        items: if options.quick { 100_000 } else { 1_000_000 },
        deadline: Duration::from_secs(if options.quick { 15 } else { 40 }),
        works: options.only.clone(),
        against: options.against.clone(),
    };
    let before = machine::load();
    let results = match contest.hold() {
        Ok(results) => results,
        Err(error) if error.is::<Interrupted>() => {
            eprintln!("interrupted: nothing is written, nothing is left running");
            return Ok(ExitCode::from(130));
        }
        Err(error) => return Err(error),
    };
    let text = report::markdown(&contest, &results, &before);
    println!("{text}");
    let whole = !options.quick && options.only.is_empty() && options.against.is_empty();
    let usual = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../BENCHMARKS.md");
    if let Some(path) = options.output.or(whole.then_some(usual)) {
        std::fs::write(&path, text)?;
        eprintln!("written to {}", path.display());
    }
    Ok(ExitCode::SUCCESS)
}
