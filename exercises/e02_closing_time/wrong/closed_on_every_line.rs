//! Whoever closes before each `return` has thought of every way out.
//! Caught by: desks-open-after-panic

use std::error::Error;
use std::mem::ManuallyDrop;

use exercises::season::{analyze_match, publish};
use pool_lib::Pool;

pub fn publish_season(match_ids: &[u32]) -> Result<(), Box<dyn Error>> {
    let agency = ManuallyDrop::new(Pool::builder().processes(2).build()?);
    let analyses = match agency.map(analyze_match, match_ids.to_vec()) {
        Ok(analyses) => analyses,
        Err(e) => {
            drop(ManuallyDrop::into_inner(agency));
            return Err(e.into());
        }
    };
    for analysis in &analyses {
        if let Err(refused) = publish(analysis) {
            drop(ManuallyDrop::into_inner(agency));
            return Err(refused.into());
        }
    }
    drop(ManuallyDrop::into_inner(agency));
    Ok(())
}
