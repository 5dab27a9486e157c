//! Six matches are not worth a clerk.
//! Caught by: own-desk

use std::error::Error;

use exercises::season::{Analysis, analyze_match};

pub fn analyze_round(match_ids: &[u32]) -> Result<Vec<Analysis>, Box<dyn Error>> {
    Ok(match_ids.iter().map(|&match_id| analyze_match(match_id)).collect())
}
