//! What travels together comes back as one.
//! Caught by: results-lost

use std::error::Error;

use exercises::season::{Analysis, analyze_match};
use pool_lib::Pool;

pub fn analyze_in_slices(
    match_ids: &[u32],
    slice: usize,
) -> Result<Vec<Analysis>, Box<dyn Error>> {
    let agency = Pool::builder().processes(2).build()?;
    let slices: Vec<Vec<u32>> = match_ids.chunks(slice).map(<[u32]>::to_vec).collect();
    let analyze_slice = |ids: Vec<u32>| ids.into_iter().map(analyze_match).reduce(|_, last| last);
    let analyses = agency.map(analyze_slice, slices)?;
    Ok(analyses.into_iter().flatten().collect())
}
