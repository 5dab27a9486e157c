//! The row is in the tuple, so the order of the results does not matter.
//! Caught by: order

use std::error::Error;

use exercises::season::{Analysis, analyze_position};
use pool_lib::Pool;

pub fn analyze_card(
    depths: &[u32],
    match_ids: &[u32],
    first_moves: &[u32],
) -> Result<Vec<Analysis>, Box<dyn Error>> {
    let rows = match_ids.iter().zip(first_moves).zip(depths);
    let slips: Vec<_> =
        rows.map(|((&match_id, &first), &depth)| (match_id, first, depth)).collect();
    let agency = Pool::builder().processes(3).build()?;
    let analyses =
        agency.imap_unordered(|(m, first, depth)| analyze_position(m, first, depth), slips);
    Ok(analyses.collect::<Result<_, _>>()?)
}
