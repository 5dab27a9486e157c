//! Where there is one core, a pool is of no use.
//! Caught by: own-desk

use std::error::Error;
use std::thread::available_parallelism;

use exercises::season::{Analysis, analyze_match};
use pool_lib::Pool;

pub fn analyze_anywhere(match_ids: &[u32]) -> Result<Vec<Analysis>, Box<dyn Error>> {
    if available_parallelism()?.get() == 1 {
        return Ok(match_ids.iter().map(|&match_id| analyze_match(match_id)).collect());
    }
    Ok(Pool::new()?.map(analyze_match, match_ids.to_vec())?)
}
