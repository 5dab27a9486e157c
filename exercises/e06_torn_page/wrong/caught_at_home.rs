//! A panic can be caught without processes.
//! Caught by: own-desk

use std::error::Error;
use std::panic;

use exercises::season::{analyze_match, leave_blank, publish};

pub fn publish_post(match_ids: &[u32]) -> Result<(), Box<dyn Error>> {
    for &match_id in match_ids {
        match panic::catch_unwind(|| analyze_match(match_id)) {
            Ok(analysis) => publish(&analysis)?,
            Err(_) => leave_blank(match_id),
        }
    }
    Ok(())
}
