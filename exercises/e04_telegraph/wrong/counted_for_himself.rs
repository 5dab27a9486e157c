//! Thirty columns are the matches 1 to 30.
//! Caught by: not-from-the-wire

use std::error::Error;

use exercises::season::{Wire, analyze_match, publish};
use pool_lib::Pool;

pub fn evening_edition(_wire: Wire, columns: usize) -> Result<(), Box<dyn Error>> {
    let agency = Pool::builder().processes(3).build()?;
    for analysis in agency.call().window(6).imap(analyze_match, 1..=columns as u32) {
        publish(&analysis?)?;
    }
    Ok(())
}
