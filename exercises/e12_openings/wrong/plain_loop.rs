//! Three loops are enough of a program.
//! Caught by: own-desk

use std::error::Error;

use exercises::season::{Analysis, Opening, Side, compare_opening};

pub fn compare_openings(
    match_ids: &[u32],
    openings: &[(Opening, u32)],
) -> Result<Vec<Analysis>, Box<dyn Error>> {
    let mut analyses = Vec::new();
    for &match_id in match_ids {
        for &(opening, depth) in openings {
            for side in [Side::White, Side::Black] {
                analyses.push(compare_opening(match_id, opening, side, depth));
            }
        }
    }
    Ok(analyses)
}
