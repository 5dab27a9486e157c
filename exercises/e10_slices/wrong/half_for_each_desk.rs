//! The fewest trips are the best.
//! Caught by: pile-for-each-desk

use std::error::Error;

use exercises::season::{Analysis, analyze_match};
use pool_lib::Pool;

pub fn analyze_in_slices(
    match_ids: &[u32],
    slice: usize,
) -> Result<Vec<Analysis>, Box<dyn Error>> {
    let _ = slice;
    let agency = Pool::builder().processes(2).build()?;
    let half = match_ids.len().div_ceil(agency.processes());
    Ok(agency.call().chunk_size(half).map(analyze_match, match_ids.to_vec())?)
}
