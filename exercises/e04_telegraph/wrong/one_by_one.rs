//! A wire is read one match at a time, so matches are analyzed one at a time.
//! Caught by: one-at-a-time

use std::error::Error;

use exercises::season::{Wire, analyze_match, publish};
use pool_lib::Pool;

pub fn evening_edition(wire: Wire, columns: usize) -> Result<(), Box<dyn Error>> {
    let agency = Pool::builder().processes(3).build()?;
    for match_id in wire.take(columns) {
        publish(&agency.apply(analyze_match, match_id)?)?;
    }
    Ok(())
}
