//! The agency knows best.
//! Caught by: too-thin

use std::error::Error;

use exercises::season::{Analysis, analyze_match};
use pool_lib::Pool;

pub fn analyze_in_slices(
    match_ids: &[u32],
    slice: usize,
) -> Result<Vec<Analysis>, Box<dyn Error>> {
    let _ = slice;
    let agency = Pool::builder().processes(2).build()?;
    Ok(agency.map(analyze_match, match_ids.to_vec())?)
}
