//! Who called will know what to do with the error.
//! Caught by: no-letter

use std::error::Error;

use exercises::season::{Analysis, analyze_match};
use pool_lib::Pool;

pub fn analyze_or_apologize(match_ids: &[u32]) -> Result<Vec<Analysis>, Box<dyn Error>> {
    let agency = Pool::builder().processes(2).build()?;
    Ok(agency.map(analyze_match, match_ids.to_vec())?)
}
