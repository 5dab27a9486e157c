//! When all work is done, the workers end by themselves.
//! Caught by: desks-open

use std::error::Error;
use std::mem;

use exercises::season::{analyze_match, publish};
use pool_lib::Pool;

pub fn publish_season(match_ids: &[u32]) -> Result<(), Box<dyn Error>> {
    let agency = Pool::builder().processes(2).build()?;
    for analysis in &agency.map(analyze_match, match_ids.to_vec())? {
        publish(analysis)?;
    }
    mem::forget(agency);
    Ok(())
}
