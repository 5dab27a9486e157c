//! Sixteen desks everywhere, and slices so thick that only as many get one as there are lamps.
//! Caught by: idle-desks

use std::error::Error;
use std::thread;

use exercises::season::{Analysis, analyze_match};
use pool_lib::Pool;

pub fn analyze_anywhere(match_ids: &[u32]) -> Result<Vec<Analysis>, Box<dyn Error>> {
    let cores = thread::available_parallelism()?.get();
    let agency = Pool::builder().processes(16).build()?;
    Ok(agency
        .call()
        .chunk_size(match_ids.len().div_ceil(cores))
        .map(analyze_match, match_ids.to_vec())?)
}
