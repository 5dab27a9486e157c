//! The misconception, as somebody who has it would say it.
//! Caught by: own-desk

use std::error::Error;

use exercises::season::{Analysis, analyze_match};

pub fn analyze_list(match_ids: &[u32]) -> Result<Vec<Analysis>, Box<dyn Error>> {
    Ok(match_ids.iter().map(|&match_id| analyze_match(match_id)).collect())
}
