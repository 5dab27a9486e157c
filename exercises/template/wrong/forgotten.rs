//! An agency closes itself when the program ends.
//! Caught by: desks-open

use std::error::Error;

use exercises::season::{Analysis, analyze_match};
use pool_lib::Pool;

pub fn analyze_list(match_ids: &[u32]) -> Result<Vec<Analysis>, Box<dyn Error>> {
    let agency = Box::leak(Box::new(Pool::builder().processes(2).build()?));
    Ok(agency.map(analyze_match, match_ids.to_vec())?)
}
