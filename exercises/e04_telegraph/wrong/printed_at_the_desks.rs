//! Who has the analysis may as well print it.
//! Caught by: printed-at-the-desk

use std::error::Error;

use exercises::season::{Wire, analyze_match, publish};
use pool_lib::Pool;

pub fn evening_edition(wire: Wire, columns: usize) -> Result<(), Box<dyn Error>> {
    let agency = Pool::builder().processes(3).build()?;
    let print = |match_id| publish(&analyze_match(match_id)).is_ok();
    for printed in agency.call().window(6).imap(print, wire).take(columns) {
        printed?;
    }
    Ok(())
}
