//! Nobody is held up when everybody has a desk.
//! Caught by: too-many-desks

use std::error::Error;

use exercises::season::{analyze_match, publish};
use pool_lib::Pool;

pub fn pin_up(match_ids: &[u32]) -> Result<(), Box<dyn Error>> {
    let agency = Pool::builder().processes(match_ids.len()).build()?;
    for analysis in agency.imap_unordered(analyze_match, match_ids.to_vec()) {
        publish(&analysis?)?;
    }
    Ok(())
}
