//! The error of the list is the error of a match.
//! Caught by: list-lost

use std::error::Error;

use exercises::season::{analyze_match, publish};
use pool_lib::Pool;

pub fn publish_post(match_ids: &[u32]) -> Result<(), Box<dyn Error>> {
    let agency = Pool::builder().processes(2).build()?;
    let analyses = agency.map(analyze_match, match_ids.to_vec());
    for analysis in &analyses.map_err(|e| format!("match number {} failed", e.index() + 1))? {
        publish(analysis)?;
    }
    Ok(())
}
