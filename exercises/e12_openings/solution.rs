//! One loop in another writes a slip for every combination; `starmap` takes each apart at its desk.

use std::error::Error;

use exercises::season::{Analysis, Opening, Side, compare_opening};
use pool_lib::Pool;

/// Compares every match with every opening, as White and as Black, each opening to its own depth.
pub fn compare_openings(
    match_ids: &[u32],
    openings: &[(Opening, u32)],
) -> Result<Vec<Analysis>, Box<dyn Error>> {
    let mut slips = Vec::new();
    for &match_id in match_ids {
        for &(opening, depth) in openings {
            for side in [Side::White, Side::Black] {
                slips.push((match_id, opening, side, depth));
            }
        }
    }
    let agency = Pool::builder().processes(3).build()?;
    Ok(agency.starmap(compare_opening, slips)?)
}
