//! Who looks deep enough for one looks deep enough for all.
//! Caught by: depth-of-another

use std::error::Error;

use exercises::season::{Analysis, Opening, Side, compare_opening};
use pool_lib::Pool;

pub fn compare_openings(
    match_ids: &[u32],
    openings: &[(Opening, u32)],
) -> Result<Vec<Analysis>, Box<dyn Error>> {
    let deepest = openings.iter().map(|opening| opening.1).max().unwrap_or(0);
    let mut slips = Vec::new();
    for &match_id in match_ids {
        for &(opening, _) in openings {
            for side in [Side::White, Side::Black] {
                slips.push((match_id, opening, side, deepest));
            }
        }
    }
    let agency = Pool::builder().processes(3).build()?;
    Ok(agency.starmap(compare_opening, slips)?)
}
