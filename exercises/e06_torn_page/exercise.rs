//! A torn page and a lamp that went out. The task is in README.md; grade it with `cargo test -p
//! exercises --test e06_torn_page`.

use std::error::Error;

use exercises::season::{analyze_match, publish};
use pool_lib::Pool;

/// Publishes an analysis for each match, in order; where there is none, the column stays blank.
pub fn publish_post(match_ids: &[u32]) -> Result<(), Box<dyn Error>> {
    let agency = Pool::builder().processes(2).build()?;
    // "If one of them cannot be analyzed, something is wrong with the list." Timothy
    for analysis in &agency.map(analyze_match, match_ids.to_vec())? {
        publish(analysis)?;
    }
    Ok(())
}
