//! Results one by one are enough to keep the others.
//! Caught by: gave-up-midway

use std::error::Error;

use exercises::season::{analyze_match, publish};
use pool_lib::Pool;

pub fn publish_post(match_ids: &[u32]) -> Result<(), Box<dyn Error>> {
    let agency = Pool::builder().processes(2).build()?;
    for analysis in agency.imap(analyze_match, match_ids.to_vec()) {
        publish(&analysis?)?;
    }
    Ok(())
}
