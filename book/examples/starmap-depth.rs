//! A depth that is the same for all matches, written on every slip.
//!
//! Must not know how a slip travels.
//!
//! ```toml
//! output = "exact"
//! ```

use std::error::Error;

use pool_lib::Pool;

fn analyze(id: u32, depth: u32) -> String {
    format!("Match #{id}, {depth} moves deep: Analysis Clear")
}

fn main() -> Result<(), Box<dyn Error>> {
    let agency = Pool::builder().processes(3).build()?;
    // ANCHOR: depth
    let depth = 4;
    let slips = (1..=10).map(|id| (id, depth));
    for line in agency.starmap(analyze, slips)? {
        println!("{line}");
    }
    // ANCHOR_END: depth
    Ok(())
}
