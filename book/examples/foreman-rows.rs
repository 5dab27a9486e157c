//! Twenty clerks in rows of four: the next row is hired when all of the last have left, and one match is long.
//!
//! Must not know the pool, or how long a match takes. The second is what is wrong with it.
//!
//! ```toml
//! output = "invariant"
//!
//! [[lines]]
//! like = 'Desk [1-4] +\|[\d= ]+\|'
//! count = 4
//!
//! [[lines]]
//! like = '|Desks stood empty for [1-9]\d % of the day'
//! count = 2
//!
//! [[lines]]
//! like = 'The clerks worked \d+\.\d\d s, where [12] cores? offered \d+\.\d\d s'
//! count = 1
//! ```

mod cores;
mod lanes;
mod work_time;

use std::env;
use std::error::Error;
use std::hint::black_box;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use lanes::{Desk, Slip};
use nix::time::{ClockId, clock_gettime};

// ANCHOR: match
/// Match #14 is a championship match: ten times the moves.
fn analyze_match(id: u64) {
    let moves: u64 = if id == 14 { 600_000_000 } else { 60_000_000 };
    let look = |sum: u64, i| sum.wrapping_add(black_box(i * i));
    black_box((0..moves).fold(0, look));
}
// ANCHOR_END: match

fn main() -> Result<(), Box<dyn Error>> {
    if let Some(id) = env::args().nth(1) {
        return work(id.parse()?); // this copy is a clerk
    }
    let (cores, opening) = (cores::keep(2)?, Instant::now());
    let mut desks: Vec<Desk> = (1..=4).map(|desk| (format!("Desk {desk}"), vec![])).collect();
    // ANCHOR: rows
    let season: Vec<u64> = (1..=20).collect();
    for row in season.chunks(4) {
        let mut clerks = Vec::new();
        for id in row {
            clerks.push(hire(*id)?);
        }
        for ((_, slips), clerk) in desks.iter_mut().zip(clerks) {
            slips.push(ask(clerk)?);
        }
    } // and only now comes the next row
    // ANCHOR_END: rows
    let (worked, day) = (work_time::total()?.as_secs_f64(), opening.elapsed().as_secs_f64());
    lanes::print(&desks);
    let (offered, s) = (day * cores as f64, if cores == 1 { "" } else { "s" });
    println!("The clerks worked {worked:.2} s, where {cores} core{s} offered {offered:.2} s");
    Ok(())
}

fn hire(id: u64) -> Result<Child, Box<dyn Error>> {
    let mut clerk = Command::new(env::current_exe()?);
    Ok(clerk.arg(id.to_string()).stdout(Stdio::piped()).spawn()?)
}

/// Waits for the clerk, and reads which match it was and when it was done.
fn ask(clerk: Child) -> Result<Slip, Box<dyn Error>> {
    let told = String::from_utf8(clerk.wait_with_output()?.stdout)?;
    let numbers: Vec<u64> = told.split_whitespace().map(str::parse).collect::<Result<_, _>>()?;
    let &[id, from, to] = &*numbers else { return Err("a clerk says three numbers".into()) };
    Ok(Slip { id, from: Duration::from_nanos(from), to: Duration::from_nanos(to) })
}

/// What a clerk does: one match, between two looks at the clock on the wall.
fn work(id: u64) -> Result<(), Box<dyn Error>> {
    let clock = || clock_gettime(ClockId::CLOCK_MONOTONIC).map(Duration::from);
    let from = clock()?;
    analyze_match(id);
    println!("{id} {} {}", from.as_nanos(), clock()?.as_nanos());
    Ok(())
}
