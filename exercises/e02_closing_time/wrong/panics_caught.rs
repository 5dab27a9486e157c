//! A panic must be caught, or the pool is not dropped.
//! Caught by: panic-hidden

use std::error::Error;
use std::panic;

use exercises::season::{analyze_match, publish};
use pool_lib::Pool;

pub fn publish_season(match_ids: &[u32]) -> Result<(), Box<dyn Error>> {
    let agency = Pool::builder().processes(2).build()?;
    for analysis in &agency.map(analyze_match, match_ids.to_vec())? {
        match panic::catch_unwind(|| publish(analysis)) {
            Ok(outcome) => outcome?,
            Err(_) => break,
        }
    }
    Ok(())
}
