//! A day at several desks as text: a lane for each desk, and how much of the day the desks stood empty.
//!
//! Must not know who kept the times.

use std::time::Duration;

/// How many columns the day is wide.
const COLUMNS: f64 = 40.0;

/// One match at one desk, from its beginning to its end on a clock that all desks share.
pub(crate) struct Slip {
    pub(crate) id: u64,
    pub(crate) from: Duration,
    pub(crate) to: Duration,
}

/// A desk: what it is called, and its slips in the order in which they were taken.
pub(crate) type Desk = (String, Vec<Slip>);

/// Prints the lanes and the sum.
pub(crate) fn print(desks: &[Desk]) {
    let slips = || desks.iter().flat_map(|(_, slips)| slips);
    let first = slips().map(|slip| slip.from).min().unwrap_or_default();
    let last = slips().map(|slip| slip.to).max().unwrap_or_default();
    for (name, slips) in desks {
        println!("{name:<12} |{}|", lane(slips, first, last));
    }
    println!();
    let empty = 100.0 * share_empty(desks, first, last);
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
fn share_empty(desks: &[Desk], first: Duration, last: Duration) -> f64 {
    let slips = desks.iter().flat_map(|(_, slips)| slips);
    let busy: Duration = slips.map(|slip| slip.to - slip.from).sum();
    1.0 - busy.as_secs_f64() / ((last - first).as_secs_f64() * desks.len() as f64)
}
