//! Three lists need three loops.
//! Caught by: every-combination

use std::error::Error;

use exercises::season::{Analysis, analyze_position};
use pool_lib::Pool;

pub fn analyze_card(
    depths: &[u32],
    match_ids: &[u32],
    first_moves: &[u32],
) -> Result<Vec<Analysis>, Box<dyn Error>> {
    let mut slips = Vec::new();
    for &match_id in match_ids {
        for &first_move in &first_moves[..3] {
            for &depth in &depths[..3] {
                slips.push((match_id, first_move, depth));
            }
        }
    }
    let agency = Pool::builder().processes(3).build()?;
    Ok(agency.starmap(analyze_position, slips)?)
}
