//! An iterator of results is collected before it is used.
//! Caught by: nothing-in-hand

use std::error::Error;

use exercises::season::{analyze_match, publish};
use pool_lib::Pool;

pub fn pin_up(match_ids: &[u32]) -> Result<(), Box<dyn Error>> {
    let agency = Pool::builder().processes(3).build()?;
    let analyses = agency.imap_unordered(analyze_match, match_ids.to_vec());
    let analyses: Vec<_> = analyses.collect::<Result<_, _>>()?;
    for analysis in &analyses {
        publish(analysis)?;
    }
    Ok(())
}
