//! Every call of Python's pool once, in Rust; python-and-rust.py prints the same.
//!
//! Must not know anything that Python cannot say.
//!
//! ```toml
//! output = "exact"
//! ```

use std::collections::BTreeSet;
use std::error::Error;
use std::process;
use std::time::Duration;

use pool_lib::{Pool, TaskErrorKind};

const MINUTE: Duration = Duration::from_secs(60);

type Done = Result<(), Box<dyn Error>>;

fn analyze_match(id: u32) -> String {
    assert!(id != 13, "page 2 of Match #13 is torn");
    format!("Match #{id}")
}

fn gap(white: u32, black: u32) -> u32 {
    white.abs_diff(black)
}

fn desk(_: u32) -> u32 {
    process::id()
}

fn sit_down() {}

// ANCHOR: one
fn one_task(agency: &Pool) -> Done {
    println!("apply: {}", agency.apply(analyze_match, 7)?);

    let task = agency.apply_async(analyze_match, 7);
    let result = task.wait_timeout(MINUTE).ok_or("late")?;
    println!("apply_async: {}", result?);
    Ok(())
}
// ANCHOR_END: one

// ANCHOR: list
fn a_list(agency: &Pool) -> Done {
    println!("map: {}", agency.map(analyze_match, 1..=10)?.len());
    let threes = agency.call().chunk_size(3);
    println!("threes: {}", threes.map(analyze_match, 1..=10)?.len());

    let season = agency.map_async(analyze_match, 1..=10);
    println!("map_async: {}", season.wait()?.len());
    Ok(())
}
// ANCHOR_END: list

// ANCHOR: star
fn several_arguments(agency: &Pool) -> Done {
    println!("starmap: {:?}", agency.starmap(gap, [(1, 4), (9, 7)])?);

    let gaps = agency.starmap_async(gap, [(1, 4), (9, 7)]);
    println!("starmap_async: {:?}", gaps.wait()?);
    Ok(())
}
// ANCHOR_END: star

// ANCHOR: imap
fn one_by_one(agency: &Pool) -> Done {
    for result in agency.imap(analyze_match, 1..=3) {
        println!("imap: {}", result?);
    }
    let results = agency.imap_unordered(analyze_match, 1..=3);
    println!("imap_unordered: {}", results.count());
    Ok(())
}
// ANCHOR_END: imap

// ANCHOR: error
fn no_result(agency: &Pool) {
    if let Err(error) = agency.map(analyze_match, 1..=20)
        && let TaskErrorKind::Panicked(panic) = error.kind()
    {
        println!("No result: {}", panic.message());
    }
}
// ANCHOR_END: error

// ANCHOR: settings
fn settings() -> Done {
    let builder = Pool::builder().processes(2);
    let builder = builder.initializer(sit_down).max_tasks_per_worker(1);
    let agency = builder.build()?;
    let desks = BTreeSet::from_iter(agency.map(desk, 0..6)?);
    println!("processes for six tasks: {}", desks.len());
    Ok(())
}
// ANCHOR_END: settings

// ANCHOR: end
fn endings() -> Done {
    let agency = Pool::builder().processes(2).build()?;
    let season = agency.map_async(analyze_match, 1..=10);
    agency.close();
    agency.join();
    println!("closed and joined: {}", season.wait()?.len());
    Pool::builder().processes(2).build()?.terminate();
    Ok(())
}
// ANCHOR_END: end

// ANCHOR: open
fn main() -> Result<(), Box<dyn Error>> {
    let agency = Pool::builder().processes(4).build()?;
    // …
    // ANCHOR_END: open
    one_task(&agency)?;
    a_list(&agency)?;
    several_arguments(&agency)?;
    one_by_one(&agency)?;
    no_result(&agency);
    settings()?;
    endings()
}
