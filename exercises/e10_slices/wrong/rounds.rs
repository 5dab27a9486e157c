//! Two desks get two slices at a time.
//! Caught by: rounds

use std::error::Error;

use exercises::season::{Analysis, analyze_match};
use pool_lib::Pool;

pub fn analyze_in_slices(
    match_ids: &[u32],
    slice: usize,
) -> Result<Vec<Analysis>, Box<dyn Error>> {
    let agency = Pool::builder().processes(2).build()?;
    let mut analyses = Vec::new();
    for round in match_ids.chunks(2 * slice) {
        analyses.extend(agency.call().chunk_size(slice).map(analyze_match, round.to_vec())?);
    }
    Ok(analyses)
}
