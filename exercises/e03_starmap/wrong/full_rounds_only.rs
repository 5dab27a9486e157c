//! Thirteen rows at three desks are four rounds.
//! Caught by: missing

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
    for round in slips.chunks_exact(3) {
        analyses.extend(agency.starmap(analyze_position, round.to_vec())?);
    }
    Ok(analyses)
}
