//! A worker whose number is known is a worker that died.
//! Caught by: blamed-the-lamp

use std::error::Error;

use exercises::season::{Analysis, Cause, analyze_match, apologize};
use pool_lib::Pool;

pub fn analyze_or_apologize(match_ids: &[u32]) -> Result<Vec<Analysis>, Box<dyn Error>> {
    let agency = Pool::builder().processes(2).build()?;
    let analyses = agency.map(analyze_match, match_ids.to_vec());
    if let Err(e) = &analyses {
        let cause = if e.pid().is_some() { Cause::LightsOut } else { Cause::TornPage };
        apologize(match_ids[e.index()], cause);
    }
    Ok(analyses?)
}
