//! Who works alone can stop at any time.
//! Caught by: own-desk

use std::error::Error;

use exercises::season::{analyze_match, publish};

pub fn print_until_stopped(match_ids: &[u32]) -> Result<(), Box<dyn Error>> {
    for &match_id in match_ids {
        publish(&analyze_match(match_id))?;
    }
    Ok(())
}
