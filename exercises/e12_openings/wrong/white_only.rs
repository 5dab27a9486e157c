//! What is the same for a pair of slips is written once.
//! Caught by: one-side

use std::error::Error;

use exercises::season::{Analysis, Opening, Side, compare_opening};
use pool_lib::Pool;

pub fn compare_openings(
    match_ids: &[u32],
    openings: &[(Opening, u32)],
) -> Result<Vec<Analysis>, Box<dyn Error>> {
    let mut slips = Vec::new();
    for &match_id in match_ids {
        for &(opening, depth) in openings {
            slips.push((match_id, opening, Side::White, depth));
        }
    }
    let agency = Pool::builder().processes(3).build()?;
    Ok(agency.starmap(compare_opening, slips)?)
}
