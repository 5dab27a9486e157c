//! Each row becomes a tuple in the order of the parameters; `starmap` unpacks it at the desk.

use std::error::Error;

use exercises::season::{Analysis, analyze_position};
use pool_lib::Pool;

/// Analyzes one position for each row of the card, three at the same time, and returns the analyses
/// in its order.
pub fn analyze_card(
    depths: &[u32],
    match_ids: &[u32],
    first_moves: &[u32],
) -> Result<Vec<Analysis>, Box<dyn Error>> {
    let rows = match_ids.iter().zip(first_moves).zip(depths);
    let slips: Vec<_> =
        rows.map(|((&match_id, &first_move), &depth)| (match_id, first_move, depth)).collect();

    let agency = Pool::builder().processes(3).build()?;
    Ok(agency.starmap(analyze_position, slips)?)
}
