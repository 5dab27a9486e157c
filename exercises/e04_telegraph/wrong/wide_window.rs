//! The wider the window, the busier the desks.
//! Caught by: too-far-ahead

use std::error::Error;

use exercises::season::{Wire, analyze_match, publish};
use pool_lib::Pool;

pub fn evening_edition(wire: Wire, columns: usize) -> Result<(), Box<dyn Error>> {
    let agency = Pool::builder().processes(3).build()?;
    for analysis in agency.call().window(24).imap(analyze_match, wire).take(columns) {
        publish(&analysis?)?;
    }
    Ok(())
}
