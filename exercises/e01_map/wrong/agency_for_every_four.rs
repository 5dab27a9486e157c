//! A pool serves one batch as large as itself, and the next batch needs the next pool.
//! Caught by: hired-anew

use std::error::Error;

use exercises::season::{Analysis, analyze_match};
use pool_lib::Pool;

pub fn analyze_season(match_ids: &[u32]) -> Result<Vec<Analysis>, Box<dyn Error>> {
    let mut analyses = Vec::new();
    for four in match_ids.chunks(4) {
        let agency = Pool::builder().processes(4).build()?;
        analyses.extend(agency.map(analyze_match, four.to_vec())?);
    }
    Ok(analyses)
}
