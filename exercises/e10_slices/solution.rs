//! `chunk_size` says how many matches travel together; results, errors and order stay those of single
//! matches.

use std::error::Error;

use exercises::season::{Analysis, analyze_match};
use pool_lib::Pool;

/// Analyzes the matches at two desks; `slice` of them go to a desk together.
pub fn analyze_in_slices(match_ids: &[u32], slice: usize) -> Result<Vec<Analysis>, Box<dyn Error>> {
    let agency = Pool::builder().processes(2).build()?;
    Ok(agency.call().chunk_size(slice).map(analyze_match, match_ids.to_vec())?)
}
