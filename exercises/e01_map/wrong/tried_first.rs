//! A pool must be warmed up or tried out first, and what that computed may be thrown away.
//! Caught by: twice

use std::error::Error;

use exercises::season::{Analysis, analyze_match};
use pool_lib::Pool;

pub fn analyze_season(match_ids: &[u32]) -> Result<Vec<Analysis>, Box<dyn Error>> {
    let agency = Pool::builder().processes(4).build()?;
    agency.map(analyze_match, match_ids[..4].to_vec())?;
    Ok(agency.map(analyze_match, match_ids.to_vec())?)
}
