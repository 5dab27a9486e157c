//! The children of this program as the kernel lists them in `/proc`: one row each, those included that have ended and that
//! nobody has asked how it went.
//!
//! Must not know who hired them. It reads, and changes nothing: in particular it does not wait.

use std::fs;
use std::process;

/// One child of this program.
struct Row {
    pid: u32,
    state: char,
    memory_kb: u64,
    name: String,
}

/// Prints a heading and a row for each child: process number, state, memory in use, name.
pub(crate) fn print(heading: &str) {
    println!("{heading}:");
    let rows = children();
    if rows.is_empty() {
        println!("  (no child of this program)");
    }
    for Row { pid, state, memory_kb, name } in rows {
        println!("  pid {pid:<7} {state} {memory_kb:>6} kB  {name}");
    }
}

fn children() -> Vec<Row> {
    let names = fs::read_dir("/proc").into_iter().flatten().flatten();
    let pids = names.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    let mut rows: Vec<Row> = pids.filter_map(child).collect();
    rows.sort_by_key(|row| row.pid);
    rows
}

/// The row of a process, if it is a child of this one.
fn child(pid: u32) -> Option<Row> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let field = |name: &str| {
        let line = status.lines().find(|line| line.split(':').next() == Some(name))?;
        Some(line.split_once(':')?.1.trim())
    };
    let is_ours = field("PPid")?.parse() == Ok(process::id());
    // A process that has ended has no such line: there is no memory left to count.
    let memory = field("VmRSS").and_then(|text| text.split(' ').next()?.parse().ok());
    is_ours.then_some(Row {
        pid,
        state: field("State")?.chars().next()?,
        memory_kb: memory.unwrap_or(0),
        name: field("Name")?.to_owned(),
    })
}
