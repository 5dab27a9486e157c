//! A wire without an end needs only an end.
//! Caught by: nothing-in-hand

use std::error::Error;

use exercises::season::{Wire, analyze_match, publish};
use pool_lib::Pool;

pub fn evening_edition(wire: Wire, columns: usize) -> Result<(), Box<dyn Error>> {
    let agency = Pool::builder().processes(3).build()?;
    for analysis in &agency.map(analyze_match, wire.take(columns))? {
        publish(analysis)?;
    }
    Ok(())
}
