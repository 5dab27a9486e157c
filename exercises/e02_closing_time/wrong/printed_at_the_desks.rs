//! Whatever is done with a result may as well be done where the result is made.
//! Caught by: printed-at-the-desk

use std::error::Error;

use exercises::season::{Refused, analyze_match, publish};
use pool_lib::Pool;

pub fn publish_season(match_ids: &[u32]) -> Result<(), Box<dyn Error>> {
    fn analyze_and_publish(match_id: u32) -> Result<(), Refused> {
        publish(&analyze_match(match_id))
    }

    let agency = Pool::builder().processes(2).build()?;
    for outcome in agency.map(analyze_and_publish, match_ids.to_vec())? {
        outcome?;
    }
    Ok(())
}
