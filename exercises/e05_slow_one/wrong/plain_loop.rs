//! The order does not matter, so a loop will do.
//! Caught by: own-desk

use std::error::Error;

use exercises::season::{analyze_match, publish};

pub fn pin_up(match_ids: &[u32]) -> Result<(), Box<dyn Error>> {
    for &match_id in match_ids {
        publish(&analyze_match(match_id))?;
    }
    Ok(())
}
