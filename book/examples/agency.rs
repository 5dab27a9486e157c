//! Ten matches at four desks, where a desk takes the next slip as soon as it is free.
//!
//! Must not know who takes what: it says how many desks there are, and what is to be done.
//!
//! ```toml
//! output = "invariant"
//! blocks = true
//!
//! [[lines]]
//! like = '--- Opening the Talent Agency ---'
//! count = 1
//!
//! [[lines]]
//! like = 'Desk \d+ takes Match #(\d+)'
//! count = 10
//! distinct = 10
//!
//! [[lines]]
//! like = 'Desk (\d+): #[123](, #\d+)*'
//! count = 3
//! distinct = 3
//!
//! [[lines]]
//! like = 'Desk (\d+): #4, #5(, #\d+)*'
//! count = 1
//!
//! [[lines]]
//! like = '|Desk \d+ +\|[\d= ]+\|'
//! count = 6
//!
//! [[lines]]
//! like = 'Desks stood empty for [123]?\d % of the day'
//! count = 1
//! ```

mod journal;

use std::error::Error;
use std::hint::black_box;
use std::process;

use pool_lib::Pool;

// ANCHOR: agency
fn analyze_match(id: u32) {
    println!("Desk {} takes Match #{id}", process::id());
    let moves: u64 = if id <= 3 { 600_000_000 } else { 60_000_000 };
    let look = |sum: u64, i| sum.wrapping_add(black_box(i * i));
    black_box((0..moves).fold(0, look));
}

fn main() -> Result<(), Box<dyn Error>> {
    let agency = Pool::builder().processes(4).trace(true).build()?;
    println!("--- Opening the Talent Agency ---");
    agency.map(analyze_match, 1..=10)?;
    journal::print(&agency.trace());
    Ok(())
}
// ANCHOR_END: agency
