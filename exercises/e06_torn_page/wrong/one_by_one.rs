//! Who is asked alone fails alone.
//! Caught by: one-at-a-time

use std::error::Error;

use exercises::season::{analyze_match, leave_blank, publish};
use pool_lib::Pool;

pub fn publish_post(match_ids: &[u32]) -> Result<(), Box<dyn Error>> {
    let agency = Pool::builder().processes(2).build()?;
    for &match_id in match_ids {
        match agency.apply(analyze_match, match_id) {
            Ok(analysis) => publish(&analysis)?,
            Err(_) => leave_blank(match_id),
        }
    }
    Ok(())
}
