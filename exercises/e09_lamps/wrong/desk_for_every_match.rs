//! Nobody has to wait when everybody has a desk.
//! Caught by: desk-for-every-match

use std::error::Error;

use exercises::season::{Analysis, analyze_match};
use pool_lib::Pool;

pub fn analyze_anywhere(match_ids: &[u32]) -> Result<Vec<Analysis>, Box<dyn Error>> {
    let agency = Pool::builder().processes(match_ids.len()).build()?;
    Ok(agency.map(analyze_match, match_ids.to_vec())?)
}
