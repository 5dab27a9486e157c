//! An agency does the hiring.
//! Caught by: not-hired

use exercises::season::{Analysis, analyze_match};
use pool_lib::Pool;
use std::error::Error;

pub fn analyze_round(match_ids: &[u32]) -> Result<Vec<Analysis>, Box<dyn Error>> {
    let agency = Pool::builder().processes(6).build()?;
    Ok(agency.map(analyze_match, match_ids.to_vec())?)
}
