//! Two desks take two matches.
//! Caught by: end-of-the-list

use std::error::Error;

use exercises::season::{Analysis, analyze_match};
use pool_lib::Pool;

pub fn analyze_list(match_ids: &[u32]) -> Result<Vec<Analysis>, Box<dyn Error>> {
    let agency = Pool::builder().processes(2).build()?;
    Ok(agency.map(analyze_match, match_ids[..2].to_vec())?)
}
