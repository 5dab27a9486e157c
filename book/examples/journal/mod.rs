//! What the trace of an agency tells, as text: who took which slip, the day as a lane for each desk, and how much of it
//! the desks stood empty.
//!
//! Must not know what was analyzed, or how the pool decides.

use std::collections::BTreeMap;
use std::time::Duration;

use pool_lib::{EventKind, Trace};

/// How many columns the day is wide.
const COLUMNS: f64 = 40.0;

/// One slip at one desk. Matches are numbered from 1, tasks from 0.
struct Slip {
    id: u64,
    from: Duration,
    to: Duration,
}

/// The slips of each desk, by the process at it, in the order in which they were taken.
fn desks(trace: &Trace) -> Vec<(u32, Vec<Slip>)> {
    let mut pids = BTreeMap::new();
    let mut slips: BTreeMap<_, Vec<Slip>> = BTreeMap::new();
    for event in trace.events() {
        match &event.kind {
            EventKind::WorkerStarted { worker, pid } => {
                pids.insert(*worker, *pid);
            }
            EventKind::TaskEnded { task, worker, took, .. } => {
                let slip = Slip { id: task.index + 1, from: event.at - *took, to: event.at };
                slips.entry(*worker).or_default().push(slip);
            }
            _ => {}
        }
    }
    let mut desks: Vec<_> =
        slips.into_iter().map(|(worker, slips)| (pids[&worker], slips)).collect();
    desks.sort_by_key(|(_, slips)| slips[0].id);
    desks
}

/// Prints the day: a list, the same as lanes, and a sum.
pub(crate) fn print(trace: &Trace) {
    let desks = desks(trace);
    let slips = || desks.iter().flat_map(|(_, slips)| slips);
    let first = slips().map(|slip| slip.from).min().unwrap_or_default();
    let last = slips().map(|slip| slip.to).max().unwrap_or_default();
    for (desk, slips) in &desks {
        let taken: Vec<_> = slips.iter().map(|slip| format!("#{}", slip.id)).collect();
        println!("Desk {desk}: {}", taken.join(", "));
    }
    println!();
    for (desk, slips) in &desks {
        println!("Desk {desk:<7} |{}|", lane(slips, first, last));
    }
    println!();
    let empty = 100.0 * share_empty(&desks, first, last);
    println!("Desks stood empty for {empty:.0} % of the day");
}

/// A desk's day: each slip is its number and a stroke that is as long as it took.
fn lane(slips: &[Slip], first: Duration, last: Duration) -> String {
    let scale = COLUMNS / (last - first).as_secs_f64();
    let column = |at: Duration| ((at - first).as_secs_f64() * scale).round() as usize;
    let mut lane = String::new();
    for slip in slips {
        let (from, to) = (column(slip.from), column(slip.to));
        lane += &" ".repeat(from.saturating_sub(lane.len()));
        let label = slip.id.to_string();
        // One column stays free, so that strokes do not run into each other.
        let stroke = (to - from).saturating_sub(label.len() + 1);
        lane += &format!("{label}{} ", "=".repeat(stroke));
    }
    format!("{lane:<width$}", width = COLUMNS as usize + 1)
}

/// Which part of the day, over all desks, nobody had a slip.
fn share_empty(desks: &[(u32, Vec<Slip>)], first: Duration, last: Duration) -> f64 {
    let slips = desks.iter().flat_map(|(_, slips)| slips);
    let busy: Duration = slips.map(|slip| slip.to - slip.from).sum();
    1.0 - busy.as_secs_f64() / ((last - first).as_secs_f64() * desks.len() as f64)
}
