//! A depth that is the same for all matches, and that a closure takes along in its pocket.
//!
//! Must not compile. `starmap-captured` shows what the compiler says, and when.

use std::error::Error;

use pool_lib::Pool;

fn analyze(id: u32, depth: u32) -> String {
    format!("Match #{id}, {depth} moves deep: Analysis Clear")
}

// ANCHOR: captures
fn main() -> Result<(), Box<dyn Error>> {
    let agency = Pool::builder().processes(3).build()?;
    let depth = 4;
    for line in agency.map(move |id| analyze(id, depth), 1..=10)? {
        println!("{line}");
    }
    Ok(())
}
// ANCHOR_END: captures
