//! One desk is right everywhere.
//! Caught by: lamps-unused
//! Cores: 2

use std::error::Error;

use exercises::season::{Analysis, analyze_match};
use pool_lib::Pool;

pub fn analyze_anywhere(match_ids: &[u32]) -> Result<Vec<Analysis>, Box<dyn Error>> {
    let agency = Pool::builder().processes(1).build()?;
    Ok(agency.map(analyze_match, match_ids.to_vec())?)
}
