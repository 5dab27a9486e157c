//! What is to be analyzed must be in memory first.
//! Caught by: wire-swallowed

use std::error::Error;

use exercises::season::{Wire, analyze_match, publish};
use pool_lib::Pool;

pub fn evening_edition(wire: Wire, columns: usize) -> Result<(), Box<dyn Error>> {
    let agency = Pool::builder().processes(3).build()?;
    let matches: Vec<u32> = wire.collect();
    for analysis in agency.call().window(6).imap(analyze_match, matches).take(columns) {
        publish(&analysis?)?;
    }
    Ok(())
}
