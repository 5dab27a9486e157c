//! `map` is `map`: an iterator’s method of that name must do the same.
//! Caught by: own-desk

use std::error::Error;

use exercises::season::{Analysis, analyze_match};

pub fn analyze_season(match_ids: &[u32]) -> Result<Vec<Analysis>, Box<dyn Error>> {
    Ok(match_ids.iter().map(|&match_id| analyze_match(match_id)).collect())
}
