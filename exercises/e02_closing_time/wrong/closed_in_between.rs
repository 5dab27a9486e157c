//! The agency is guarded only behind the first `?`, and lost when that leaves.
//! Caught by: desks-open-after-loss

use exercises::season::{analyze_match, publish};
use pool_lib::Pool;
use std::error::Error;
use std::mem::ManuallyDrop;

pub fn publish_season(match_ids: &[u32]) -> Result<(), Box<dyn Error>> {
    let agency = ManuallyDrop::new(Pool::builder().processes(2).build()?);
    let analyses = agency.map(analyze_match, match_ids.to_vec())?;
    drop(ManuallyDrop::into_inner(agency));
    for analysis in &analyses {
        publish(analysis)?;
    }
    Ok(())
}
