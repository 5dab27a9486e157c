//! A slice size is the length of the list divided by the number of slices.
//! Caught by: number-for-size

use std::error::Error;

use exercises::season::{Analysis, analyze_match};
use pool_lib::Pool;

pub fn analyze_in_slices(
    match_ids: &[u32],
    slice: usize,
) -> Result<Vec<Analysis>, Box<dyn Error>> {
    let agency = Pool::builder().processes(2).build()?;
    let size = match_ids.len() / slice;
    Ok(agency.call().chunk_size(size).map(analyze_match, match_ids.to_vec())?)
}
