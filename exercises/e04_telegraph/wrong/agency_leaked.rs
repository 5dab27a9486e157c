//! The wire goes on, so the agency had better stay open.
//! Caught by: desks-open

use std::error::Error;

use exercises::season::{Wire, analyze_match, publish};
use pool_lib::Pool;

pub fn evening_edition(wire: Wire, columns: usize) -> Result<(), Box<dyn Error>> {
    let agency: &'static Pool = Box::leak(Box::new(Pool::builder().processes(3).build()?));
    for analysis in agency.call().window(6).imap(analyze_match, wire).take(columns) {
        publish(&analysis?)?;
    }
    Ok(())
}
