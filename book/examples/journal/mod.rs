//! What the trace of an agency tells, as text: who took which slip, the day as a lane for each desk, and how much of it
//! the desks stood empty.
//!
//! Must not know what was analyzed, or how the pool decides.

#[path = "../lanes/mod.rs"]
mod lanes;

use std::collections::BTreeMap;

use pool_lib::{EventKind, Trace};

use lanes::{Desk, Slip};

/// The slips of each desk, by the process at it, in the order in which they were taken. Matches are numbered from 1, tasks
/// from 0.
fn desks(trace: &Trace) -> Vec<Desk> {
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
    let name = |(worker, slips)| (format!("Desk {}", pids[&worker]), slips);
    let mut desks: Vec<Desk> = slips.into_iter().map(name).collect();
    desks.sort_by_key(|(_, slips)| slips[0].id);
    desks
}

/// Prints the day: a list, the same as lanes, and a sum.
pub(crate) fn print(trace: &Trace) {
    let desks = desks(trace);
    for (desk, slips) in &desks {
        let taken: Vec<_> = slips.iter().map(|slip| format!("#{}", slip.id)).collect();
        println!("{desk}: {}", taken.join(", "));
    }
    println!();
    lanes::print(&desks);
}
