//! A row of the table is a call.
//! Caught by: rounds

use std::error::Error;

use exercises::season::{Analysis, Opening, Side, compare_opening};
use pool_lib::Pool;

pub fn compare_openings(
    match_ids: &[u32],
    openings: &[(Opening, u32)],
) -> Result<Vec<Analysis>, Box<dyn Error>> {
    let agency = Pool::builder().processes(3).build()?;
    let mut analyses = Vec::new();
    for &match_id in match_ids {
        let mut slips = Vec::new();
        for &(opening, depth) in openings {
            for side in [Side::White, Side::Black] {
                slips.push((match_id, opening, side, depth));
            }
        }
        analyses.extend(agency.starmap(compare_opening, slips)?);
    }
    Ok(analyses)
}
