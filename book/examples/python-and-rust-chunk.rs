//! A chunk with a torn scorebook in it: what becomes of the rest of the chunk.
//!
//! Must not know which match it is.
//!
//! ```toml
//! output = "invariant"
//!
//! [[lines]]
//! like = 'Analyzed Match #(1|[3-9]|10)'
//! count = 9
//! distinct = 9
//!
//! [[lines]]
//! like = 'No result: .*page 1 of Match #2 is torn'
//! count = 1
//! ```

use std::error::Error;

use pool_lib::Pool;

// ANCHOR: chunk
fn analyze_match(id: u32) {
    assert!(id != 2, "page 1 of Match #2 is torn");
    println!("Analyzed Match #{id}");
}

fn main() -> Result<(), Box<dyn Error>> {
    let agency = Pool::builder().processes(4).build()?;
    let threes = agency.call().chunk_size(3);
    if let Err(error) = threes.map(analyze_match, 1..=10) {
        println!("No result: {error}");
    }
    Ok(())
}
// ANCHOR_END: chunk
