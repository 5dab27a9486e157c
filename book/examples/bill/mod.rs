//! What a way of working costs: time, processor time, processes, memory. Each way runs in a copy of this program, watched from here.
//!
//! Must not know what the work is.

use std::env;
use std::error::Error;
use std::fs;
use std::process::{Child, Command};
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike;

/// How often the copy is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(4);

/// The heading of the bill.
pub(crate) fn head(what: &str) {
    println!("{what:<20} {:>8} {:>10} {:>10} {:>9}", "time", "processor", "processes", "memory");
}

/// Runs a copy of this program with these arguments, and prints what that cost.
pub(crate) fn of(way: &str, arguments: &[String]) -> Result<(), Box<dyn Error>> {
    let spent = processor_ms()?;
    let begun = Instant::now();
    let mut copy = Command::new(env::current_exe()?).arg(way).args(arguments).spawn()?;
    let (mut processes, mut memory_kb) = (0, 0);
    let status = loop {
        if let Some(status) = copy.try_wait()? {
            break status;
        }
        let family = family(&copy);
        processes = processes.max(family.len());
        memory_kb = memory_kb.max(family.iter().filter_map(|pid| share_kb(*pid)).sum());
        thread::sleep(LOOK_EVERY);
    };
    let took = begun.elapsed().as_secs_f64();
    if !status.success() {
        return Err(format!("{way}: {status}").into());
    }
    let processor = f64::from(u32::try_from(processor_ms()? - spent)?) / 1000.0;
    let memory = f64::from(memory_kb) / 1024.0;
    println!("{way:<20} {took:>6.2} s {processor:>8.2} s {processes:>10} {memory:>6.1} MB");
    Ok(())
}

/// Processor time of all that has been waited for, and of what they had waited for.
fn processor_ms() -> nix::Result<i64> {
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN)?;
    Ok(usage.user_time().num_milliseconds() + usage.system_time().num_milliseconds())
}

/// The copy and its children.
fn family(copy: &Child) -> Vec<u32> {
    let threads = fs::read_dir(format!("/proc/{}/task", copy.id())).into_iter().flatten().flatten();
    let children =
        threads.filter_map(|thread| fs::read_to_string(thread.path().join("children")).ok());
    let children: Vec<String> = children.collect();
    let pids = children.iter().flat_map(|line| line.split_whitespace());
    pids.filter_map(|pid| pid.parse().ok()).chain([copy.id()]).collect()
}

/// Memory of a process, where what several share is divided among them.
fn share_kb(pid: u32) -> Option<u32> {
    let text = fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).ok()?;
    let line = text.lines().find(|line| line.starts_with("Pss:"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}
