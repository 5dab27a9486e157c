//! The agency is an ordinary value: it is dropped at the end, at every `?` and while a panic passes
//! through.

use std::error::Error;

use exercises::season::{analyze_match, publish};
use pool_lib::Pool;

/// Analyzes the matches at two desks and publishes the analyses, in order, until one is refused.
pub fn publish_season(match_ids: &[u32]) -> Result<(), Box<dyn Error>> {
    let agency = Pool::builder().processes(2).build()?;
    for analysis in &agency.map(analyze_match, match_ids.to_vec())? {
        publish(analysis)?;
    }
    Ok(())
}
