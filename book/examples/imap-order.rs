//! Wednesday's ten matches by two verbs: which result is in hand when.
//!
//! Must not know how long a match takes.
//!
//! ```toml
//! output = "invariant"
//! blocks = true
//!
//! [[lines]]
//! like = 'imap           imap_unordered'
//! count = 1
//!
//! [[lines]]
//! like = ' #1 \d+\.\d\d s   +#([4-9]|10) \d+\.\d\d s'
//! count = 1
//!
//! [[lines]]
//! like = ' *#(\d+) \d+\.\d\d s   +#\d+ \d+\.\d\d s'
//! count = 9
//! ascending = true
//! ```

use std::error::Error;
use std::hint::black_box;
use std::time::Instant;

use pool_lib::{Pool, TaskError};

// ANCHOR: order
fn main() -> Result<(), Box<dyn Error>> {
    let agency = Pool::builder().processes(4).build()?;
    let left = in_hand(agency.imap(analyze_match, 1..=10))?;
    let right = in_hand(agency.imap_unordered(analyze_match, 1..=10))?;
    println!("imap           imap_unordered");
    for (left, right) in left.iter().zip(right) {
        println!("{left}   {right:>14}");
    }
    Ok(())
}

/// Notes the time at which each result is in hand.
fn in_hand(
    results: impl Iterator<Item = Result<u32, TaskError>>,
) -> Result<Vec<String>, TaskError> {
    let begun = Instant::now();
    let note = |id| {
        let at = begun.elapsed().as_secs_f64();
        format!("{:>3} {at:.2} s", format!("#{id}"))
    };
    results.map(|result| result.map(note)).collect()
}
// ANCHOR_END: order

fn analyze_match(id: u32) -> u32 {
    let moves: u64 = if id <= 3 { 600_000_000 } else { 60_000_000 };
    let look = |sum: u64, i| sum.wrapping_add(black_box(i * i));
    black_box((0..moves).fold(0, look));
    id
}
