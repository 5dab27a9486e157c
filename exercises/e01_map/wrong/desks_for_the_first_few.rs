//! Four desks for the first four; the rest goes to one of them, as one task.
//! Caught by: full-only-at-first

use exercises::season::{Analysis, analyze_match};
use pool_lib::Pool;
use std::error::Error;

pub fn analyze_season(match_ids: &[u32]) -> Result<Vec<Analysis>, Box<dyn Error>> {
    let agency = Pool::builder().processes(4).build()?;
    let (a, b) = match_ids.split_at(8);
    let mut out = agency.map(analyze_match, a.to_vec())?;
    for &id in b {
        out.push(agency.apply(analyze_match, id)?);
    }
    Ok(out)
}
