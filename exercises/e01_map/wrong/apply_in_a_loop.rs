//! A pool is parallel by itself, so handing it one match after the other will do.
//! Caught by: one-at-a-time

use std::error::Error;

use exercises::season::{Analysis, analyze_match};
use pool_lib::Pool;

pub fn analyze_season(match_ids: &[u32]) -> Result<Vec<Analysis>, Box<dyn Error>> {
    let agency = Pool::builder().processes(4).build()?;
    let mut analyses = Vec::new();
    for &match_id in match_ids {
        analyses.push(agency.apply(analyze_match, match_id)?);
    }
    Ok(analyses)
}
