//! The program of the episode: ten matches, four desks, results in order.
//!
//! Must not know which desk takes which match, or when.
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
//! like = 'Agent: Dispatching analysis for Match #(\d+)\.\.\.'
//! count = 10
//! distinct = 10
//!
//! [[lines]]
//! like = 'Result for Match #(\d+): Analysis Clear'
//! count = 10
//! ascending = true
//! ```

// ANCHOR: map
use std::error::Error;
use std::hint::black_box;

use pool_lib::Pool;

fn analyze_match(id: u32) -> String {
    println!("Agent: Dispatching analysis for Match #{id}...");
    let look = |sum: u64, i| sum.wrapping_add(black_box(i * i));
    black_box((0..200_000_000_u64).fold(0, look));
    format!("Result for Match #{id}: Analysis Clear")
}

fn main() -> Result<(), Box<dyn Error>> {
    // ANCHOR: hand-over
    let agency = Pool::builder().processes(4).build()?;
    println!("--- Opening the Talent Agency ---");
    let results = agency.map(analyze_match, 1..=10)?;
    drop(agency);
    for line in results {
        println!("{line}");
    }
    // ANCHOR_END: hand-over
    Ok(())
}
// ANCHOR_END: map
