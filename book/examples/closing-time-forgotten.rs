//! An agency that is never dropped: its desks stay open for as long as the program runs.
//!
//! Must not know how the workers then end. The recorder of the book sees to it that they do.
//!
//! ```toml
//! output = "invariant"
//!
//! [[lines]]
//! like = 'After mem::forget:'
//! count = 1
//!
//! [[lines]]
//! like = '  pid (\d+) +[RS] +[1-9]\d* kB  (agency-[0-3]|exe|closing-time-fo)'
//! count = 5
//! distinct = 5
//! ```

mod process_table;

use std::error::Error;
use std::mem;

use pool_lib::Pool;

fn analyze_match(id: u32) -> String {
    format!("Result for Match #{id}: Analysis Clear")
}

// ANCHOR: forget
fn main() -> Result<(), Box<dyn Error>> {
    let agency = Pool::builder().processes(4).name("agency").build()?;
    agency.map(analyze_match, 1..=10)?;
    mem::forget(agency);
    process_table::print("After mem::forget");
    Ok(())
}
// ANCHOR_END: forget
