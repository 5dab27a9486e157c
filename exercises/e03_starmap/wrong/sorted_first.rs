//! A list may be put in order before it is used.
//! Caught by: rows-mixed

use std::error::Error;

use exercises::season::{Analysis, analyze_position};
use pool_lib::Pool;

pub fn analyze_card(
    depths: &[u32],
    match_ids: &[u32],
    first_moves: &[u32],
) -> Result<Vec<Analysis>, Box<dyn Error>> {
    let mut sorted = match_ids.to_vec();
    sorted.sort_unstable();
    let rows = sorted.iter().zip(first_moves).zip(depths);
    let slips: Vec<_> =
        rows.map(|((&match_id, &first), &depth)| (match_id, first, depth)).collect();
    let agency = Pool::builder().processes(3).build()?;
    Ok(agency.starmap(analyze_position, slips)?)
}
