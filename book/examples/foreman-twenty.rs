//! Twenty clerks at the same time on the two cores that there are: how long each was there, and how long it worked.
//!
//! Must not know the pool.
//!
//! ```toml
//! output = "invariant"
//! blocks = true
//!
//! [[lines]]
//! like = 'Cores: [12]'
//! count = 1
//!
//! [[lines]]
//! like = 'One clerk alone:         \d\.\d\d s at the desk, \d\.\d\d s of it at work'
//! count = 1
//!
//! [[lines]]
//! like = 'Of twenty, the (quickest: |slowest:  )\d+\.\d\d s at the desk, \d\.\d\d s of it at work'
//! count = 2
//! distinct = 2
//!
//! [[lines]]
//! like = 'All twenty: \d+\.\d\d s'
//! count = 1
//! ```

mod cores;
mod work_time;

use std::env;
use std::error::Error;
use std::hint::black_box;
use std::process::{Child, Command, Stdio};
use std::time::Instant;

fn main() -> Result<(), Box<dyn Error>> {
    if env::args().len() > 1 {
        return work(); // this copy is a clerk
    }
    println!("Cores: {}", cores::keep(2)?);
    println!("One clerk alone:         {}", ask(hire(0)?)?);
    let opening = Instant::now();
    // ANCHOR: twenty
    let mut clerks = Vec::new();
    for id in 1..=20 {
        clerks.push(hire(id)?);
    }
    let mut results = Vec::new();
    for clerk in clerks {
        results.push(ask(clerk)?);
    }
    // ANCHOR_END: twenty
    let took = opening.elapsed().as_secs_f64();
    results.sort(); // a line begins with its number of seconds
    println!("Of twenty, the quickest: {}", results[0]);
    println!("Of twenty, the slowest:  {}", results[19]);
    println!("All twenty: {took:.2} s");
    Ok(())
}

fn hire(id: u32) -> Result<Child, Box<dyn Error>> {
    let mut clerk = Command::new(env::current_exe()?);
    Ok(clerk.arg(id.to_string()).stdout(Stdio::piped()).spawn()?)
}

fn ask(clerk: Child) -> Result<String, Box<dyn Error>> {
    Ok(String::from_utf8(clerk.wait_with_output()?.stdout)?)
}

/// What a clerk does: one match, and a line about how long that took.
fn work() -> Result<(), Box<dyn Error>> {
    let begun = Instant::now();
    let look = |sum: u64, i| sum.wrapping_add(black_box(i * i));
    black_box((0..300_000_000_u64).fold(0, look));
    let (there, worked) = (begun.elapsed().as_secs_f64(), work_time::total()?.as_secs_f64());
    print!("{there:.2} s at the desk, {worked:.2} s of it at work");
    Ok(())
}
