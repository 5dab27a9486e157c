//! The columns go over in the order in which the card has them.
//! Caught by: arguments-swapped

use std::error::Error;

use exercises::season::{Analysis, analyze_position};
use pool_lib::Pool;

pub fn analyze_card(
    depths: &[u32],
    match_ids: &[u32],
    first_moves: &[u32],
) -> Result<Vec<Analysis>, Box<dyn Error>> {
    let rows = depths.iter().zip(match_ids).zip(first_moves);
    let slips: Vec<_> =
        rows.map(|((&depth, &match_id), &first)| (depth, match_id, first)).collect();
    let agency = Pool::builder().processes(3).build()?;
    Ok(agency.starmap(analyze_position, slips)?)
}
