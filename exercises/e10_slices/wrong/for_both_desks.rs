//! A slice is for all desks together, so it has to be as many times as thick.
//! Caught by: too-thick

use std::error::Error;

use exercises::season::{Analysis, analyze_match};
use pool_lib::Pool;

pub fn analyze_in_slices(
    match_ids: &[u32],
    slice: usize,
) -> Result<Vec<Analysis>, Box<dyn Error>> {
    let agency = Pool::builder().processes(2).build()?;
    let size = slice * agency.processes();
    Ok(agency.call().chunk_size(size).map(analyze_match, match_ids.to_vec())?)
}
