//! A card with three columns. The task is in README.md; grade it with `cargo test -p exercises
//! --test e03_starmap`.

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
    // "A desk takes one argument, so the other two will have to be guessed." Timothy
    let _ = (depths, first_moves);
    let agency = Pool::builder().processes(3).build()?;
    Ok(agency.map(|match_id| analyze_position(match_id, 1, 4), match_ids.to_vec())?)
}
