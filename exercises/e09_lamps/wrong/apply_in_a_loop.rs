//! The agency knows how many desks there are, so it will use them.
//! Caught by: one-at-a-time
//! Cores: 2

use std::error::Error;

use exercises::season::{Analysis, analyze_match};
use pool_lib::Pool;

pub fn analyze_anywhere(match_ids: &[u32]) -> Result<Vec<Analysis>, Box<dyn Error>> {
    let agency = Pool::new()?;
    let mut analyses = Vec::new();
    for &match_id in match_ids {
        analyses.push(agency.apply(analyze_match, match_id)?);
    }
    Ok(analyses)
}
