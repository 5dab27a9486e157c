//! A pool’s verbs take one argument, so several arguments need a loop.
//! Caught by: own-desk

use std::error::Error;

use exercises::season::{Analysis, analyze_position};

pub fn analyze_card(
    depths: &[u32],
    match_ids: &[u32],
    first_moves: &[u32],
) -> Result<Vec<Analysis>, Box<dyn Error>> {
    let rows = match_ids.iter().zip(first_moves).zip(depths);
    Ok(rows.map(|((&match_id, &first), &depth)| analyze_position(match_id, first, depth)).collect())
}
