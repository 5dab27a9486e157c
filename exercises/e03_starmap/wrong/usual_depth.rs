//! An argument that is nearly always the same may be written into the code.
//! Caught by: column-ignored

use std::error::Error;

use exercises::season::{Analysis, analyze_position};
use pool_lib::Pool;

pub fn analyze_card(
    depths: &[u32],
    match_ids: &[u32],
    first_moves: &[u32],
) -> Result<Vec<Analysis>, Box<dyn Error>> {
    const USUAL_DEPTH: u32 = 4;
    let _ = depths;
    let rows = match_ids.iter().zip(first_moves);
    let slips: Vec<_> = rows.map(|(&match_id, &first)| (match_id, first, USUAL_DEPTH)).collect();
    let agency = Pool::builder().processes(3).build()?;
    Ok(agency.starmap(analyze_position, slips)?)
}
