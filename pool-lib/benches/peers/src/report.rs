//! The tables, as Markdown.
//!
//! Must not measure, and must not make a missed target look better than it is.

use std::fmt::Write;

use crate::contest::{Cell, Contest, Results, WORKERS};
use crate::machine;
use crate::play::{Competitor, Kind};
use crate::work::{LARGE, ROWS, Row, Target, Unit};

/// All of `BENCHMARKS.md`. `load_before` is the load of the machine when the contest began.
pub(crate) fn markdown(contest: &Contest, results: &Results, load_before: &str) -> String {
    let works = contest.works();
    let rows: Vec<_> = ROWS.iter().filter(|row| works.contains(&row.work)).collect();
    let mut text = String::new();
    head(&mut text, contest, results, load_before);
    summary(&mut text, contest, results, &rows);
    everything(&mut text, contest, results, &rows);
    text.push_str(NOTES);
    text
}

fn head(text: &mut String, contest: &Contest, results: &Results, load_before: &str) {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let command = if arguments.is_empty() {
        "cargo peers".to_owned()
    } else {
        format!("cargo peers {}", arguments.join(" "))
    };
    let _ = write!(
        text,
        "# Benchmarks\n\n\
         Written by `{command}`; nothing here is typed by hand. Ratios hold from run to run, absolute figures depend on the \
         machine and its neighbours.\n\n\
         - {}; took {:.1} minutes; load average {load_before} before, {} after\n\
         - {}; {} of memory; Linux {}; {}\n\
         - pool-lib {} at commit {}\n\
         - rounds: {}; in each, every competitor does the work in a process of its own, one after the other; medians over \
         rounds; {} workers unless said; {} items where memory is measured; {} s at most for each\n\
         - ",
        machine::date(),
        results.took.as_secs_f64() / 60.0,
        machine::load(),
        machine::processor(),
        machine::memory(),
        machine::kernel(),
        machine::compiler(),
        machine::locked("pool-lib"),
        machine::commit(),
        contest.rounds,
        WORKERS,
        contest.items,
        contest.deadline.as_secs(),
    );
    let versions = contest.competitors().into_iter().filter_map(|one| {
        let version = match one {
            Competitor::Procspawn => machine::locked("procspawn"),
            Competitor::Rayon => machine::locked("rayon"),
            Competitor::Crossbeam => machine::locked("crossbeam-channel"),
            _ => machine::python(one.python()?).unwrap_or("not installed: skipped".to_owned()),
        };
        Some(format!("{} {version}", one.name()))
    });
    text.push_str(&versions.collect::<Vec<_>>().join("; "));
    text.push_str("\n\n");
}

/// The best of a kind, with its figure.
fn best(contest: &Contest, results: &Results, row: &Row, kind: Kind) -> Option<(Competitor, f64)> {
    let of_kind = contest.competitors().into_iter().filter(|one| one.kind() == kind);
    let figures = of_kind.filter_map(|one| Some((one, results.cell(row, one).median()?)));
    let sign = if row.unit.more_is_better() { -1.0 } else { 1.0 };
    figures.min_by(|(_, a), (_, b)| f64::total_cmp(&(a * sign), &(b * sign)))
}

fn summary(text: &mut String, contest: &Contest, results: &Results, rows: &[&Row]) {
    text.push_str(
        "## Against the targets, and the best of each kind\n\n\
         | work | pool-lib | lowest to highest round | target | | best other pool of processes | pool-lib better by | best \
         threads (no walls) | floor |\n|---|--:|--:|--:|---|--:|--:|--:|--:|\n",
    );
    for row in rows {
        let ours = results.cell(row, Competitor::PoolLib);
        let named = |kind| {
            best(contest, results, row, kind).map_or("–".to_owned(), |(one, value)| {
                format!("{} {}", one.name(), shown(row.unit, value))
            })
        };
        let peer = best(contest, results, row, Kind::Processes);
        let gain = ours.median().zip(peer).map_or("–".to_owned(), |(ours, (_, peer))| {
            let gain = if row.unit.more_is_better() { ours / peer } else { peer / ours };
            if gain.is_finite() { format!("{} ×", digits(gain)) } else { "–".to_owned() }
        });
        let threads = best(contest, results, row, Kind::Threads).map(|(_, value)| value);
        let (target, verdict) = judged(row, ours.median(), threads);
        let _ = writeln!(
            text,
            "| {} | {} | {} | {target} | {verdict} | {} | {gain} | {} | {} |",
            row.title,
            told(row.unit, &ours),
            spread(row.unit, &ours),
            named(Kind::Processes),
            named(Kind::Threads),
            named(Kind::Floor),
        );
    }
}

fn everything(text: &mut String, contest: &Contest, results: &Results, rows: &[&Row]) {
    text.push_str("\n## Everybody\n\nMedians; in parentheses how many times what pool-lib took (or reached).\n\n| work |");
    let competitors = contest.competitors();
    competitors.iter().for_each(|one| _ = write!(text, " {} |", one.name()));
    text.push_str("\n|---|");
    text.push_str(&"--:|".repeat(competitors.len()));
    text.push('\n');
    for row in rows {
        let ours = results.cell(row, Competitor::PoolLib).median();
        let _ = write!(text, "| {} |", row.title);
        for one in &competitors {
            let cell = results.cell(row, *one);
            let ratio = cell.median().zip(ours).map(|(theirs, ours)| theirs / ours);
            let ratio = ratio.filter(|ratio| ratio.is_finite() && one.kind() != Kind::Ours);
            let ratio = ratio.map_or(String::new(), |ratio| format!(" ({})", digits(ratio)));
            let _ = write!(text, " {}{ratio} |", told(row.unit, &cell));
        }
        text.push('\n');
    }
}

/// The target in words, and whether it is met.
fn judged(row: &Row, ours: Option<f64>, threads: Option<f64>) -> (String, String) {
    let (target, missed_by) = match row.target {
        Target::None => return ("–".to_owned(), String::new()),
        Target::AtMost(most) => {
            let sign = if matches!(row.unit, Unit::Large | Unit::Rate) { "≥" } else { "≤" };
            (
                format!("{sign} {}", shown(row.unit, most)),
                ours.map(|ours| (ours > most, ours / most)),
            )
        }
        Target::OfThreads(share) => {
            let missed = ours.zip(threads).map(|(ours, threads)| {
                let least = threads * share;
                (ours < least, least / ours)
            });
            (format!("≥ {share} of threads"), missed)
        }
    };
    let verdict = match missed_by {
        None => "not measured".to_owned(),
        Some((false, _)) => "met".to_owned(),
        Some((true, times)) if times.is_finite() => {
            format!("**missed by {} times**", digits(times))
        }
        Some((true, _)) => "**missed**".to_owned(),
    };
    (target, verdict)
}

fn told(unit: Unit, cell: &Cell) -> String {
    match cell {
        Cell::Figures(_) => shown(unit, cell.median().expect("there are figures")),
        Cell::Unsupported => "–".to_owned(),
        Cell::Missing => "not installed".to_owned(),
        Cell::Late => "not done in time".to_owned(),
        Cell::Failed(why) => format!("failed: {}", why.replace('|', "/")),
    }
}

fn spread(unit: Unit, cell: &Cell) -> String {
    match cell {
        Cell::Figures(values) if values.len() > 1 => {
            format!("{} to {}", shown(unit, values[0]), shown(unit, values[values.len() - 1]))
        }
        _ => "–".to_owned(),
    }
}

/// A figure with its unit.
fn shown(unit: Unit, value: f64) -> String {
    match unit {
        Unit::Time => scaled(value, &[(1e9, "s"), (1e6, "ms"), (1e3, "µs"), (1.0, "ns")]),
        Unit::Large => format!("{} GB/s", digits(LARGE as f64 / value)),
        Unit::Rate => format!("{}/s", digits(1e9 / value)),
        Unit::Share => format!("{value:.3}"),
        Unit::Times => format!("{value:.2}"),
        Unit::Bytes => scaled(value, &[(1024.0 * 1024.0, "MiB"), (1024.0, "KiB"), (1.0, "B")]),
        Unit::Count => digits(value),
    }
}

fn scaled(value: f64, scales: &[(f64, &str)]) -> String {
    let last = scales[scales.len() - 1];
    let (scale, name) = scales.iter().copied().find(|(scale, _)| value >= *scale).unwrap_or(last);
    format!("{} {name}", digits(value / scale))
}

/// Three digits that count, or all before the point.
fn digits(value: f64) -> String {
    match value.abs() {
        0.0 => "0".to_owned(),
        size if size >= 100.0 => format!("{value:.0}"),
        size if size >= 10.0 => format!("{value:.1}"),
        size if size >= 1.0 => format!("{value:.2}"),
        _ => format!("{value:.3}"),
    }
}

const NOTES: &str = "
## What the work is

- A trivial task returns the integer it gets. A call has as many tasks as take a third of the time that each competitor has for its
  work; the median of three calls counts. Executors and pebble send one item at a time unless told otherwise, procspawn always; their
  chunked figures are what one gets without telling them.
- `imap`: the first of a thousand results, from the call on, in a pool that has worked before.
- Large arguments and results are byte vectors: a `Vec<u8>`, a `bytes`. The task only takes the length, or fills the result with ones.
  The bare ring copies into memory that both sides have touched before, and for a result out of it again.
- Build, first result, drop: four workers, in a process that has done it once before.
- A fresh process for every task: trivial tasks, each in a process of its own. Bare fork is a loop in a small process with one thread.
- Equal tasks: all crunch the same numbers. One process does half of them before and half after, so the figure says how much of the
  speed of all cores comes out, which neighbours on the machine lower for everybody.
- Uneven tasks sleep instead of crunching, so that the makespan tells of the order of work alone. The ideal is the sum of all lengths
  shared out, or the longest task. The late long task is as long as all that follows it, shared out: who starts the tasks in their
  order, one at a time, reaches the ideal.
- Memory is what is resident: the growth of the calling process from before the call to its peak, results included. Shared memory
  counts. The slow consumer takes a result every 2 ms.
- Queued tasks wait behind tasks that do not end; each was submitted on its own and its handle kept.
- An idle pool is looked at from outside, all threads of the caller and all processes below it. A process without time on a processor
  and without context switches has made no system call.
- A `Blob` is not copied, and only pool-lib has it. It is written before it is handed over and read by the worker, each byte once; its
  pages are there before the clock starts. Handing over is an `apply` that asks for the length.
- Ten times as many items through `imap`, as fast as they come: pool-lib alone, because the others would need minutes.
";
