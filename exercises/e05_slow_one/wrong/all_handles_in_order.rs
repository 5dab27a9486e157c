//! A handle for each match makes them independent of each other.
//! Caught by: held-up

use std::error::Error;

use exercises::season::{analyze_match, publish};
use pool_lib::Pool;

pub fn pin_up(match_ids: &[u32]) -> Result<(), Box<dyn Error>> {
    let agency = Pool::builder().processes(3).build()?;
    let handles: Vec<_> =
        match_ids.iter().map(|&match_id| agency.apply_async(analyze_match, match_id)).collect();
    for handle in handles {
        publish(&handle.wait()?)?;
    }
    Ok(())
}
