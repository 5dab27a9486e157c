//! The whole list goes to an agency with four desks; `map` hands it out and puts the results in
//! order.

use std::error::Error;

use exercises::season::{Analysis, analyze_match};
use pool_lib::Pool;

/// Analyzes the matches of a season, four at the same time, and returns the analyses in the order
/// of the list.
pub fn analyze_season(match_ids: &[u32]) -> Result<Vec<Analysis>, Box<dyn Error>> {
    let agency = Pool::builder().processes(4).build()?;
    let analyses = agency.map(analyze_match, match_ids.to_vec())?;
    Ok(analyses)
}
