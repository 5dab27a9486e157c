//! Results as they come are results as they are done.
//! Caught by: printed-out-of-order

use std::error::Error;

use exercises::season::{Wire, analyze_match, publish};
use pool_lib::Pool;

pub fn evening_edition(wire: Wire, columns: usize) -> Result<(), Box<dyn Error>> {
    let agency = Pool::builder().processes(3).build()?;
    for analysis in agency.call().window(6).imap_unordered(analyze_match, wire).take(columns) {
        publish(&analysis?)?;
    }
    Ok(())
}
