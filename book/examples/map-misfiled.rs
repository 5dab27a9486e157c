//! Results taken as they come and filed by counting: the wrong program of the chapter on `map`.
//!
//! Must not know which result belongs into which folder. That is what is wrong with it.
//!
//! ```toml
//! output = "invariant"
//!
//! [[lines]]
//! like = 'Folder #1: Result for Match #([4-9]|10): Analysis Clear'
//! count = 1
//!
//! [[lines]]
//! like = 'Folder #(\d+): Result for Match #\d+: Analysis Clear'
//! count = 9
//! ascending = true
//! ```

use std::error::Error;
use std::hint::black_box;

use pool_lib::Pool;

fn analyze_match(id: u32) -> String {
    let moves: u64 = if id <= 3 { 600_000_000 } else { 60_000_000 };
    let look = |sum: u64, i| sum.wrapping_add(black_box(i * i));
    black_box((0..moves).fold(0, look));
    format!("Result for Match #{id}: Analysis Clear")
}

// ANCHOR: misfiled
fn main() -> Result<(), Box<dyn Error>> {
    let agency = Pool::builder().processes(4).build()?;
    let finished = agency.imap_unordered(analyze_match, 1..=10);
    for (folder, result) in (1..=10).zip(finished) {
        println!("Folder #{folder}: {}", result?);
    }
    Ok(())
}
// ANCHOR_END: misfiled
