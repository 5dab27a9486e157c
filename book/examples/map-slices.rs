//! Slices of three, chosen by hand: the foreman's piles come back inside the agency.
//!
//! Must not know how long a match takes. That is what is wrong with it.
//!
//! ```toml
//! output = "invariant"
//!
//! [[lines]]
//! like = 'Desk \d+: #1, #2, #3(, #\d+)*'
//! count = 1
//!
//! [[lines]]
//! like = 'Desk (\d+): #\d+(, #\d+)*'
//! at_least = 1
//! at_most = 3
//!
//! [[lines]]
//! like = '|Desk \d+ +\|[\d= ]+\|'
//! at_least = 4
//! at_most = 6
//!
//! [[lines]]
//! like = 'Desks stood empty for [4-9]\d % of the day'
//! count = 1
//! ```

mod journal;

use std::error::Error;
use std::hint::black_box;

use pool_lib::Pool;

fn analyze_match(id: u32) {
    let moves: u64 = if id <= 3 { 600_000_000 } else { 60_000_000 };
    let look = |sum: u64, i| sum.wrapping_add(black_box(i * i));
    black_box((0..moves).fold(0, look));
}

// ANCHOR: slices
fn main() -> Result<(), Box<dyn Error>> {
    let agency = Pool::builder().processes(4).trace(true).build()?;
    agency.call().chunk_size(3).map(analyze_match, 1..=10)?;
    journal::print(&agency.trace());
    Ok(())
}
// ANCHOR_END: slices
