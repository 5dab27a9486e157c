//! What is on the slip need not be in the order.
//! Caught by: order

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
            for side in [Side::White, Side::Black] {
                slips.push((match_id, opening, side, depth));
            }
        }
    }
    let agency = Pool::builder().processes(3).build()?;
    let compare = |(match_id, opening, side, depth)| compare_opening(match_id, opening, side, depth);
    Ok(agency.imap_unordered(compare, slips).collect::<Result<_, _>>()?)
}
