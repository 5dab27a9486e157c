//! The slowest is not waited for.
//! Caught by: not-printed

use std::error::Error;

use exercises::season::{analyze_match, publish};
use pool_lib::Pool;

pub fn pin_up(match_ids: &[u32]) -> Result<(), Box<dyn Error>> {
    let agency = Pool::builder().processes(3).build()?;
    let others = match_ids.len() - 1;
    for analysis in agency.imap_unordered(analyze_match, match_ids.to_vec()).take(others) {
        publish(&analysis?)?;
    }
    Ok(())
}
