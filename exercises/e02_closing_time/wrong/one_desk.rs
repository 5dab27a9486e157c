//! One worker is easier to send home than two.
//! Caught by: too-few-desks

use std::error::Error;

use exercises::season::{analyze_match, publish};
use pool_lib::Pool;

pub fn publish_season(match_ids: &[u32]) -> Result<(), Box<dyn Error>> {
    let agency = Pool::builder().processes(1).build()?;
    for analysis in &agency.map(analyze_match, match_ids.to_vec())? {
        publish(analysis)?;
    }
    Ok(())
}
