//! An agency closed with work on its desks, twice: dropped, and closed after the last slip.
//!
//! Must not know who had which slip when the door closed.
//!
//! ```toml
//! output = "exact"
//! ```

use std::error::Error;
use std::hint::black_box;

use pool_lib::Pool;

fn analyze_match(id: u32) -> String {
    let look = |sum: u64, i| sum.wrapping_add(black_box(i * i));
    black_box((0..60_000_000_u64).fold(0, look));
    format!("Result for Match #{id}: Analysis Clear")
}

// ANCHOR: drain
fn main() -> Result<(), Box<dyn Error>> {
    let agency = Pool::builder().processes(4).build()?;
    let season = agency.map_async(analyze_match, 1..=10);
    drop(agency);
    match season.wait() {
        Ok(results) => println!("Dropped: {} results", results.len()),
        Err(error) => println!("Dropped: {:?}", error.kind()),
    }

    let agency = Pool::builder().processes(4).build()?;
    let season = agency.map_async(analyze_match, 1..=10);
    agency.close();
    agency.join();
    println!("Closed and joined: {} results", season.wait()?.len());
    Ok(())
}
// ANCHOR_END: drain
