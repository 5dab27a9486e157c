//! A season with a torn scorebook in it: what has no result is an item like the others.
//!
//! Must not know which match it is.
//!
//! ```toml
//! output = "normalized"
//! ```

use std::error::Error;

use pool_lib::Pool;

// ANCHOR: torn
fn analyze_match(id: u32) -> String {
    assert!(id != 3, "page 2 of Match #3 is torn");
    format!("Result for Match #{id}: Analysis Clear")
}

fn main() -> Result<(), Box<dyn Error>> {
    let agency = Pool::builder().processes(4).build()?;
    for result in agency.imap(analyze_match, 1..).take(5) {
        match result {
            Ok(line) => println!("{line}"),
            Err(error) => println!("No result: {error}"),
        }
    }
    Ok(())
}
// ANCHOR_END: torn
