//! The last lines of a function always run.
//! Caught by: desks-open-after-refusal

use std::error::Error;
use std::mem::ManuallyDrop;

use exercises::season::{analyze_match, publish};
use pool_lib::Pool;

pub fn publish_season(match_ids: &[u32]) -> Result<(), Box<dyn Error>> {
    let agency = ManuallyDrop::new(Pool::builder().processes(2).build()?);
    let analyses = agency.map(analyze_match, match_ids.to_vec())?;
    for analysis in &analyses {
        publish(analysis)?;
    }
    drop(ManuallyDrop::into_inner(agency));
    Ok(())
}
