//! Each match waits only for itself when it is asked for alone.
//! Caught by: one-at-a-time

use std::error::Error;

use exercises::season::{analyze_match, publish};
use pool_lib::Pool;

pub fn pin_up(match_ids: &[u32]) -> Result<(), Box<dyn Error>> {
    let agency = Pool::builder().processes(3).build()?;
    for &match_id in match_ids {
        publish(&agency.apply(analyze_match, match_id)?)?;
    }
    Ok(())
}
