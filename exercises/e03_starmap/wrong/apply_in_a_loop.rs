//! Tuples are handed over one by one, as each of them is made.
//! Caught by: one-at-a-time

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
    let mut analyses = Vec::new();
    for slip in slips {
        analyses.push(agency.apply(|(m, first, depth)| analyze_position(m, first, depth), slip)?);
    }
    Ok(analyses)
}
