//! `chunks` cuts a list into slices.
//! Caught by: own-desk

use std::error::Error;

use exercises::season::{Analysis, analyze_match};

pub fn analyze_in_slices(
    match_ids: &[u32],
    slice: usize,
) -> Result<Vec<Analysis>, Box<dyn Error>> {
    Ok(match_ids.chunks(slice).flatten().map(|&match_id| analyze_match(match_id)).collect())
}
