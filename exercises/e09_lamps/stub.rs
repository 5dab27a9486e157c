//! A desk for every lamp. The task is in README.md; grade it with `cargo test -p exercises --test
//! e09_lamps`.

use std::error::Error;

use exercises::season::{Analysis, analyze_match};
use pool_lib::Pool;

/// Analyzes the matches at as many desks as there are cores for this program.
pub fn analyze_anywhere(match_ids: &[u32]) -> Result<Vec<Analysis>, Box<dyn Error>> {
    // Four, as always.
    let agency = Pool::builder().processes(4).build()?;
    Ok(agency.map(analyze_match, match_ids.to_vec())?)
}
