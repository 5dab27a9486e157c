//! The refusal is told in other words, and nobody learns what was refused.
//! Caught by: refusal-reworded

use exercises::season::{analyze_match, publish};
use pool_lib::Pool;
use std::error::Error;

pub fn publish_season(match_ids: &[u32]) -> Result<(), Box<dyn Error>> {
    let agency = Pool::builder().processes(2).build()?;
    let analyses = agency.map(analyze_match, match_ids.to_vec())?;
    for analysis in &analyses {
        publish(analysis).map_err(|_| "something went wrong")?;
    }
    Ok(())
}
