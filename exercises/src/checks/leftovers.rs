//! What is still there when the function has ended. Must not know how it was meant to be closed.

use super::{count, processes};
use crate::evidence::{Evidence, Left};
use crate::verdict::Finding;

fn numbers(left: &[Left]) -> String {
    let shown: Vec<String> = left.iter().take(4).map(|l| l.pid.to_string()).collect();
    let more = if left.len() > 4 { ", …" } else { "" };
    format!("{}{more}", shown.join(", "))
}

/// Nobody has ended without being waited for.
pub fn no_zombie(evidence: &Evidence) -> Option<Finding> {
    let first = evidence.leftovers.zombies.first()?;
    let whose = if first.parent == evidence.subject {
        "your program".to_owned()
    } else {
        format!("process {}", first.parent)
    };
    let finding =
        Finding::new("zombie", "Somebody has gone home, and nobody has asked how it went.")
            .seen(format!(
                "when {}, process {} ({}) had ended and still stood in the process table in state \
                 Z: {whose} never waited for it.",
                evidence.moment, first.pid, first.name
            ))
            .expected("whoever starts a process also waits for it.")
            .why(
                "Until somebody asks, the kernel has to keep the answer, and with it a place in a \
                 table that has an end.",
            )
            .read(&["closing-time"]);
    Some(finding)
}

/// No process lives on.
pub fn no_desk_open(evidence: &Evidence) -> Option<Finding> {
    let alive = &evidence.leftovers.alive;
    if alive.is_empty() && !evidence.leftovers.children {
        return None;
    }
    let seen = if alive.is_empty() {
        format!(
            "when {}, the kernel still had children of your program to wait for.",
            evidence.moment
        )
    } else {
        format!(
            "when {}, {} of yours lived on: {}.",
            evidence.moment,
            processes(alive.len()),
            numbers(alive)
        )
    };
    let finding =
        Finding::new("desks-open", "It is past closing time, and there is light at the desks.")
            .seen(seen)
            .expected("no process but your own.")
            .why(
                "A pool closes when it is dropped. One that is forgotten, leaked or kept for \
                 later is never dropped, and its workers wait for slips as long as the program \
                 runs.",
            )
            .read(&["closing-time"]);
    Some(finding)
}

/// No descriptor is open that was not open before.
pub fn no_descriptor_open(evidence: &Evidence) -> Option<Finding> {
    let open = &evidence.leftovers.descriptors;
    let first = open.first()?;
    let finding = Finding::new("descriptors-open", "Somebody has left a window open.")
        .seen(format!(
            "when {}, {} open that were not open before; one leads to {first}.",
            evidence.moment,
            count(open.len(), "descriptor was", "descriptors were"),
        ))
        .expected("as many open descriptors as before the call.")
        .why(
            "A process has room for a limited number of them. One forgotten at each call is a \
             program that fails on a Thursday, far from the cause.",
        )
        .read(&["closing-time"]);
    Some(finding)
}

/// No thread runs that did not run before.
pub fn no_thread_left(evidence: &Evidence) -> Option<Finding> {
    let threads = evidence.leftovers.threads;
    if threads == 0 {
        return None;
    }
    let finding = Finding::new("threads-left", "Somebody is still walking about upstairs.")
        .seen(format!(
            "when {}, your program had {} than before.",
            evidence.moment,
            count(threads, "thread more", "threads more")
        ))
        .expected("as many threads as before the call.")
        .why(
            "A thread that nobody joins ends when it likes, or never; what it holds stays \
             held.",
        )
        .read(&["closing-time"]);
    Some(finding)
}
