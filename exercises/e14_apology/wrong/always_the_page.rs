//! A task that fails has panicked.
//! Caught by: blamed-the-page

use std::error::Error;

use exercises::season::{Analysis, Cause, analyze_match, apologize};
use pool_lib::Pool;

pub fn analyze_or_apologize(match_ids: &[u32]) -> Result<Vec<Analysis>, Box<dyn Error>> {
    let agency = Pool::builder().processes(2).build()?;
    let analyses = agency.map(analyze_match, match_ids.to_vec());
    if let Err(e) = &analyses {
        apologize(match_ids[e.index()], Cause::TornPage);
    }
    Ok(analyses?)
}
