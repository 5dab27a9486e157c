//! A pool that is still needed elsewhere must be kept from being dropped.
//! Caught by: desks-open

use std::error::Error;
use std::mem;

use exercises::season::{Analysis, analyze_match};
use pool_lib::Pool;

pub fn analyze_season(match_ids: &[u32]) -> Result<Vec<Analysis>, Box<dyn Error>> {
    let agency = Pool::builder().processes(4).build()?;
    let analyses = agency.map(analyze_match, match_ids.to_vec())?;
    mem::forget(agency);
    Ok(analyses)
}
