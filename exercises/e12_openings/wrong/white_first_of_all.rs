//! First the whole match as White sees it.
//! Caught by: side-outside

use std::error::Error;

use exercises::season::{Analysis, Opening, Side, compare_opening};
use pool_lib::Pool;

pub fn compare_openings(
    match_ids: &[u32],
    openings: &[(Opening, u32)],
) -> Result<Vec<Analysis>, Box<dyn Error>> {
    let mut slips = Vec::new();
    for &match_id in match_ids {
        for side in [Side::White, Side::Black] {
            for &(opening, depth) in openings {
                slips.push((match_id, opening, side, depth));
            }
        }
    }
    let agency = Pool::builder().processes(3).build()?;
    Ok(agency.starmap(compare_opening, slips)?)
}
