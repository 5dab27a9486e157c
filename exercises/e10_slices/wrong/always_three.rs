//! Three was right when it was measured.
//! Caught by: as-yesterday

use std::error::Error;

use exercises::season::{Analysis, analyze_match};
use pool_lib::Pool;

pub fn analyze_in_slices(
    match_ids: &[u32],
    slice: usize,
) -> Result<Vec<Analysis>, Box<dyn Error>> {
    let _ = slice;
    let agency = Pool::builder().processes(2).build()?;
    Ok(agency.call().chunk_size(3).map(analyze_match, match_ids.to_vec())?)
}
