//! The work: what is done, which figures come out of it, and which of them have a target.
//!
//! Must not know who does it, or how.

use clap::ValueEnum;

/// A piece of work that each competitor does in a process of its own, if it can.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub(crate) enum Work {
    MapOne,
    MapDefault,
    ImapOne,
    ImapUnordered,
    ImapFirst,
    Apply,
    ApplyAsleep,
    Argument,
    Result,
    Blob,
    Life,
    Fresh,
    Equal,
    UnevenRandom,
    UnevenLate,
    MapMemory,
    ImapSlow,
    ImapMany,
    Queued,
    Idle,
}

/// Bytes of a large argument or result.
pub(crate) const LARGE: usize = 64 << 20;

/// What a figure counts.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unit {
    /// Nanoseconds, the fewer the better.
    Time,
    /// Nanoseconds for `LARGE` bytes, shown as bytes a second.
    Large,
    /// Nanoseconds for one of something, shown as how many a second.
    Rate,
    /// A share of what would be perfect, the more the better.
    Share,
    /// How many times what would be perfect, the fewer the better.
    Times,
    Bytes,
    Count,
}

impl Unit {
    pub(crate) fn more_is_better(self) -> bool {
        self == Self::Share
    }
}

/// What `pool-lib` wants to reach, in the raw unit.
#[derive(Clone, Copy)]
pub(crate) enum Target {
    None,
    AtMost(f64),
    /// At least so many times what the best threads reach in the same run.
    OfThreads(f64),
}

/// A line of the table.
pub(crate) struct Row {
    pub(crate) work: Work,
    /// The name by which a competitor prints it.
    pub(crate) metric: &'static str,
    pub(crate) title: &'static str,
    pub(crate) unit: Unit,
    pub(crate) target: Target,
}

const fn row(
    work: Work,
    metric: &'static str,
    title: &'static str,
    unit: Unit,
    target: Target,
) -> Row {
    Row { work, metric, title, unit, target }
}

/// Nanoseconds that `LARGE` bytes take at so many bytes a second.
const fn at_speed(bytes_per_s: f64) -> Target {
    Target::AtMost(LARGE as f64 / bytes_per_s * 1e9)
}

const US: f64 = 1e3;
const MS: f64 = 1e6;
const MIB: f64 = (1 << 20) as f64;

/// All that is measured, in the order of the tables.
pub(crate) const ROWS: &[Row] = {
    use Target::{AtMost, None, OfThreads};
    use Unit::{Bytes, Count, Large, Rate, Share, Time, Times};
    &[
        row(
            Work::MapOne,
            "ns",
            "`map`, trivial task, chunk size 1: a task",
            Time,
            AtMost(0.3 * US),
        ),
        row(
            Work::MapDefault,
            "ns",
            "`map`, trivial task, default chunks: a task",
            Time,
            AtMost(0.03 * US),
        ),
        row(
            Work::ImapOne,
            "ns",
            "`imap`, trivial task, chunk size 1: a task",
            Time,
            AtMost(0.4 * US),
        ),
        row(
            Work::ImapUnordered,
            "ns",
            "`imap_unordered`, trivial task, chunk size 1: a task",
            Time,
            AtMost(0.25 * US),
        ),
        row(Work::ImapFirst, "ns", "`imap`: first result", Time, AtMost(0.1 * MS)),
        row(Work::Apply, "ns", "`apply`, one after the other: p50", Time, AtMost(US)),
        row(
            Work::ApplyAsleep,
            "ns",
            "`apply`, 3 ms of silence before each: p50",
            Time,
            AtMost(60.0 * US),
        ),
        row(Work::Argument, "ns", "64 MiB argument", Large, at_speed(1.2e9)),
        row(Work::Result, "ns", "64 MiB result", Large, at_speed(1.1e9)),
        row(
            Work::Blob,
            "filled",
            "64 MiB `Blob`, filled here and read in the worker",
            Large,
            at_speed(6e9),
        ),
        row(Work::Blob, "handed", "64 MiB `Blob`, handed over", Time, AtMost(MS)),
        row(Work::Life, "first", "build of four workers, and first result", Time, AtMost(1.5 * MS)),
        row(
            Work::Life,
            "total",
            "build of four workers, first result, drop",
            Time,
            AtMost(4.0 * MS),
        ),
        row(Work::Fresh, "ns", "a fresh process for every task", Rate, AtMost(1e9 / 3000.0)),
        row(
            Work::Equal,
            "efficiency",
            "equal CPU-bound tasks: speed-up over one process, for each worker",
            Share,
            OfThreads(0.98),
        ),
        row(
            Work::UnevenRandom,
            "over_ideal",
            "uneven tasks at random: makespan over ideal",
            Times,
            AtMost(1.08),
        ),
        row(
            Work::UnevenLate,
            "over_ideal",
            "one long task late: makespan over ideal",
            Times,
            AtMost(1.08),
        ),
        row(
            Work::MapMemory,
            "growth",
            "`map` over many integers: parent's growth at its peak",
            Bytes,
            AtMost(10.0 * MIB),
        ),
        row(Work::ImapSlow, "ahead", "`imap`, slow consumer: items pulled ahead", Count, None),
        row(
            Work::ImapSlow,
            "growth",
            "`imap`, slow consumer: parent's growth at its peak",
            Bytes,
            AtMost(MIB),
        ),
        row(Work::ImapMany, "ns", "`imap`, ten times as many items: a task", Time, None),
        row(
            Work::ImapMany,
            "growth",
            "`imap`, ten times as many items: parent's growth at its peak",
            Bytes,
            AtMost(MIB),
        ),
        row(
            Work::Queued,
            "bytes",
            "tasks queued behind busy workers: parent's growth for each",
            Bytes,
            None,
        ),
        row(
            Work::Idle,
            "worker",
            "an idle pool: memory of a worker (PSS of all descendants, shared out)",
            Bytes,
            None,
        ),
        row(
            Work::Idle,
            "cpu",
            "an idle pool: CPU time in a second, all processes",
            Time,
            AtMost(0.0),
        ),
        row(
            Work::Idle,
            "switches",
            "an idle pool: context switches in a second, all processes",
            Count,
            AtMost(0.0),
        ),
    ]
};

impl Work {
    /// Work whose figures do not depend on the neighbours is done once, not in every round.
    pub(crate) fn counts_bytes(self) -> bool {
        use Work::{Idle, ImapMany, ImapSlow, MapMemory, Queued};
        matches!(self, MapMemory | ImapSlow | ImapMany | Queued | Idle)
    }

    /// How long each task sleeps, in microseconds; empty for work of another kind.
    ///
    /// Uneven tasks sleep: a makespan then tells of the order of work alone, on a machine with busy neighbours as well.
    pub(crate) fn sleeps_us(self) -> Vec<u64> {
        match self {
            Self::UnevenRandom => (0..160).map(|n| 100 + mixed(n) % 6000).collect(),
            // As long as what comes after it: whoever starts the tasks in their order, one at a time, reaches the ideal.
            Self::UnevenLate => (0..200).map(|n| if n == 150 { 98_000 } else { 2000 }).collect(),
            _ => Vec::new(),
        }
    }
}

/// A number that looks random, the same in every run (the finaliser of SplitMix64).
fn mixed(seed: u64) -> u64 {
    let mut z = (seed + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}
