//! The desk knows first that it is done.
//! Caught by: printed-at-the-desk

use std::error::Error;

use exercises::season::{analyze_match, publish};
use pool_lib::Pool;

pub fn pin_up(match_ids: &[u32]) -> Result<(), Box<dyn Error>> {
    let agency = Pool::builder().processes(3).build()?;
    agency.map(|match_id| publish(&analyze_match(match_id)).is_ok(), match_ids.to_vec())?;
    Ok(())
}
