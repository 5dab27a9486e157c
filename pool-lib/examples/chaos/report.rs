//! The figures: counted while it goes, printed at the end.
//!
//! Must not decide what is wrong; it is told.

use std::fmt::Write;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use owo_colors::OwoColorize;

/// The longest time in which no task begins, ends or has its outcome although calls wait. Pools pause up to a second before they
/// replace workers that keep dying, and the machine may be busy.
pub(crate) const STALL_LIMIT: Duration = Duration::from_secs(5);
/// After this time without any sign of life the run is given up as hanging.
pub(crate) const HANG_LIMIT: Duration = Duration::from_secs(30);
/// So many faults are described; more are counted only.
const DESCRIBED: u64 = 40;

#[derive(Default)]
pub(crate) struct Report {
    pub(crate) pools: AtomicU64,
    pub(crate) calls: AtomicU64,
    /// Tasks that were submitted.
    pub(crate) tasks: AtomicU64,
    /// Outcomes that were looked at.
    pub(crate) outcomes: AtomicU64,
    pub(crate) returned: AtomicU64,
    /// Tasks that were given up because workers kept dying before they began them.
    pub(crate) struck: AtomicU64,
    pub(crate) kills: AtomicU64,
    pub(crate) server_kills: AtomicU64,
    pub(crate) stops: AtomicU64,
    pub(crate) continued: AtomicU64,
    pub(crate) workers: AtomicU64,
    pub(crate) lost: AtomicU64,
    pub(crate) doubled: AtomicU64,
    pub(crate) wrong: AtomicU64,
    pub(crate) worst_stall_ms: AtomicU64,
    pub(crate) longest_call_ms: AtomicU64,
    pub(crate) left: [AtomicU64; 5],
    described: AtomicU64,
}

/// What can be left behind.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Left {
    Children,
    Zombies,
    Descriptors,
    Maps,
    Threads,
}

pub(crate) const LEFT: [(Left, &str); 5] = [
    (Left::Children, "children"),
    (Left::Zombies, "zombies"),
    (Left::Descriptors, "descriptors"),
    (Left::Maps, "maps"),
    (Left::Threads, "threads"),
];

pub(crate) fn add(counter: &AtomicU64, count: u64) {
    counter.fetch_add(count, Relaxed);
}

impl Report {
    /// A task has no outcome.
    pub(crate) fn lost(&self, count: u64, what: String) {
        add(&self.lost, count);
        self.describe("lost", &what);
    }

    /// A task has more than one outcome, or ran when it must not.
    pub(crate) fn doubled(&self, what: String) {
        add(&self.doubled, 1);
        self.describe("doubled", &what);
    }

    /// An outcome is not what it must be.
    pub(crate) fn wrong(&self, what: String) {
        add(&self.wrong, 1);
        self.describe("wrong", &what);
    }

    /// So much was left behind by a pool.
    pub(crate) fn left(&self, what: Left, count: u64, which: &str) {
        if count > 0 {
            add(&self.left[what as usize], count);
            self.describe("left", &format!("{count} {}: {which}", LEFT[what as usize].1));
        }
    }

    fn describe(&self, fault: &str, what: &str) {
        if self.described.fetch_add(1, Relaxed) < DESCRIBED {
            anstream::eprintln!("\n{}: {what}", fault.red());
        }
    }

    pub(crate) fn stalled(&self, time: Duration) {
        self.worst_stall_ms.fetch_max(time.as_millis() as u64, Relaxed);
    }

    /// What is going on, in one line.
    pub(crate) fn line(&self, seconds: u64) -> String {
        format!(
            "{seconds:5} s  {} tasks, {} kills, {} stops, {} lost, {} doubled, {} wrong, worst stall {} ms",
            self.tasks.load(Relaxed),
            self.all_kills(),
            self.stops.load(Relaxed),
            self.lost.load(Relaxed),
            self.doubled.load(Relaxed),
            self.wrong.load(Relaxed),
            self.worst_stall_ms.load(Relaxed),
        )
    }

    fn all_kills(&self) -> u64 {
        self.kills.load(Relaxed) + self.server_kills.load(Relaxed)
    }

    /// All figures, and whether they are as they must be.
    pub(crate) fn figures(&self, seconds: f64) -> (String, bool) {
        let mut text = String::new();
        let mut line = |name: &str, value: String| {
            writeln!(text, "{name:>12}  {value}").expect("a string grows");
        };
        let of = |counter: &AtomicU64| counter.load(Relaxed);
        line(
            "time",
            format!("{seconds:.0} s, {} pools, {} calls", of(&self.pools), of(&self.calls)),
        );
        line("tasks", format!("{}, {} returned", of(&self.tasks), of(&self.returned)));
        let hits = self.all_kills() + of(&self.stops);
        let deaths = format!(
            "{} ({} of them fork servers, or workers that were not ready), and {} stops, {} continued: {:.0} a second; {} workers in all",
            self.all_kills(),
            of(&self.server_kills),
            of(&self.stops),
            of(&self.continued),
            hits as f64 / seconds,
            of(&self.workers),
        );
        line("kills", deaths);
        line(
            "given up",
            format!("{} tasks, after three deaths before they began", of(&self.struck)),
        );
        let mut good = true;
        let mut must_be_none = |name: &str, counter: &AtomicU64| {
            let value = of(counter);
            good &= value == 0;
            let shown = value.to_string();
            line(
                name,
                if value == 0 { shown.green().to_string() } else { shown.red().to_string() },
            );
        };
        must_be_none("lost", &self.lost);
        must_be_none("doubled", &self.doubled);
        must_be_none("wrong", &self.wrong);
        for (what, name) in LEFT {
            must_be_none(name, &self.left[what as usize]);
        }
        let stall = Duration::from_millis(of(&self.worst_stall_ms));
        good &= stall <= STALL_LIMIT;
        line("worst stall", format!("{stall:?}, of {STALL_LIMIT:?} allowed"));
        line("longest call", format!("{:?}", Duration::from_millis(of(&self.longest_call_ms))));
        (text, good)
    }
}
