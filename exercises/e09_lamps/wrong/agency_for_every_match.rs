//! A process for each match leaves the sharing out to the kernel.
//! Caught by: hired-anew

use std::error::Error;

use exercises::season::{Analysis, analyze_match};
use pool_lib::Pool;

pub fn analyze_anywhere(match_ids: &[u32]) -> Result<Vec<Analysis>, Box<dyn Error>> {
    let mut analyses = Vec::new();
    for &match_id in match_ids {
        let agency = Pool::builder().processes(1).build()?;
        analyses.push(agency.apply(analyze_match, match_id)?);
    }
    Ok(analyses)
}
