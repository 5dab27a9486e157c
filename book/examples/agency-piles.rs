//! Ten matches at four desks, in piles that are fixed before anybody sits down: the foreman's way, with its trouble.
//!
//! Must not know the pool: it hires by hand, and waits at the door.
//!
//! ```toml
//! output = "invariant"
//! blocks = true
//!
//! [[lines]]
//! like = 'Desk (\d+): Matches #(4 #5 #6|7 #8|9 #10), done after \d+\.\d\d s'
//! count = 3
//! distinct = 3
//!
//! [[lines]]
//! like = 'Desk \d+: Matches #1 #2 #3, done after \d+\.\d\d s'
//! count = 1
//! ```

use std::env;
use std::error::Error;
use std::hint::black_box;
use std::process::{self, Command};
use std::time::Instant;

// ANCHOR: match
/// Matches #1 to #3 are championship matches: ten times the moves.
fn analyze_match(id: u32) {
    let moves: u64 = if id <= 3 { 600_000_000 } else { 60_000_000 };
    let look = |sum: u64, i| sum.wrapping_add(black_box(i * i));
    black_box((0..moves).fold(0, look));
}
// ANCHOR_END: match

// ANCHOR: piles
fn main() -> Result<(), Box<dyn Error>> {
    let pile: Vec<String> = env::args().skip(1).collect();
    if !pile.is_empty() {
        return work_through(&pile); // this copy is a clerk
    }
    let mut clerks = Vec::new();
    for pile in ["1 2 3", "4 5 6", "7 8", "9 10"] {
        let mut clerk = Command::new(env::current_exe()?);
        clerks.push(clerk.args(pile.split(' ')).spawn()?);
    }
    for mut clerk in clerks {
        clerk.wait()?;
    }
    Ok(())
}
// ANCHOR_END: piles

/// What a clerk does: its pile, from the top to the bottom.
fn work_through(pile: &[String]) -> Result<(), Box<dyn Error>> {
    let begun = Instant::now();
    for id in pile {
        analyze_match(id.parse()?);
    }
    let (desk, took) = (process::id(), begun.elapsed().as_secs_f64());
    println!("Desk {desk}: Matches #{}, done after {took:.2} s", pile.join(" #"));
    Ok(())
}
