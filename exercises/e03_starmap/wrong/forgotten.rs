//! A leaked pool is one that can be borrowed for as long as one likes.
//! Caught by: desks-open

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
    let agency: &'static Pool = Box::leak(Box::new(Pool::builder().processes(3).build()?));
    Ok(agency.starmap(analyze_position, slips)?)
}
