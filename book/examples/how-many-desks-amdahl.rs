//! A day with a part that goes in single file: what more cores could save at best, and what those of this machine do save.
//!
//! Must not know how many cores there are before it has counted them.
//!
//! ```toml
//! output = "invariant"
//! blocks = true
//!
//! [[lines]]
//! like = 'In single file: \d+\.\d\d s; at the desks: \d+\.\d\d s'
//! count = 1
//!
//! [[lines]]
//! like = '(\d+) cores? +\d+\.\d\d s, \d+\.\d times as fast'
//! count = 5
//! ascending = true
//!
//! [[lines]]
//! like = 'No end of cores +\d+\.\d\d s, \d+\.\d times as fast'
//! count = 1
//!
//! [[lines]]
//! like = 'Measured: \d+ desks? on as many cores, \d+\.\d\d s'
//! at_least = 1
//! at_most = 2
//! ```

mod work_time;

use std::error::Error;
use std::hint::black_box;
use std::thread;
use std::time::{Duration, Instant};

use pool_lib::Pool;

/// Goes over so many moves, for whatever purpose.
fn go_over(moves: u64) -> u64 {
    let look = |sum: u64, i| sum.wrapping_add(black_box(i * i));
    black_box((0..moves).fold(0, look))
}

fn read_season() -> Vec<u64> {
    (1..=20).map(|id| id + (go_over(12_000_000) & 1)).collect()
}

fn analyze_match(_scorebook: u64) -> u64 {
    go_over(60_000_000)
}

fn typeset(results: &[u64]) {
    for _ in results {
        go_over(8_000_000);
    }
}

// ANCHOR: publish
fn publish(desks: usize) -> Result<Duration, Box<dyn Error>> {
    let opening = Instant::now();
    let season = read_season(); // from one book, page after page
    let agency = Pool::builder().processes(desks).build()?;
    let results = agency.map(analyze_match, season)?;
    drop(agency);
    typeset(&results); // on one press, line after line
    Ok(opening.elapsed())
}
// ANCHOR_END: publish

fn main() -> Result<(), Box<dyn Error>> {
    let before = work_time::total()?;
    typeset(&read_season());
    let in_file = (work_time::total()? - before).as_secs_f64();

    let before = work_time::total()?;
    let alone = publish(1)?;
    let at_desks = (work_time::total()? - before).as_secs_f64() - in_file;
    println!("In single file: {in_file:.2} s; at the desks: {at_desks:.2} s");

    let day = |cores: f64| in_file + at_desks / cores;
    let print_row = |who: &str, day_then: f64| {
        println!("{who:<16} {day_then:.2} s, {:.1} times as fast", day(1.0) / day_then);
    };
    for (who, cores) in [
        ("1 core", 1.0),
        ("2 cores", 2.0),
        ("4 cores", 4.0),
        ("20 cores", 20.0),
        ("64 cores", 64.0),
    ] {
        print_row(who, day(cores));
    }
    print_row("No end of cores", in_file);

    println!("Measured: 1 desk on as many cores, {:.2} s", alone.as_secs_f64());
    let cores = thread::available_parallelism()?.get();
    if cores > 1 {
        let day = publish(cores)?.as_secs_f64();
        println!("Measured: {cores} desks on as many cores, {day:.2} s");
    }
    Ok(())
}
