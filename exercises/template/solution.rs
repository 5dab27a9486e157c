//! What the solution rests on, in one sentence.

use std::error::Error;

use exercises::season::{Analysis, analyze_match};
use pool_lib::Pool;

/// Analyzes the matches of the list, two at the same time, and returns the analyses in its order.
pub fn analyze_list(match_ids: &[u32]) -> Result<Vec<Analysis>, Box<dyn Error>> {
    let agency = Pool::builder().processes(2).build()?;
    Ok(agency.map(analyze_match, match_ids.to_vec())?)
}
