//! Three desks get three matches at a time.
//! Caught by: rounds

use std::error::Error;

use exercises::season::{analyze_match, publish};
use pool_lib::Pool;

pub fn pin_up(match_ids: &[u32]) -> Result<(), Box<dyn Error>> {
    let agency = Pool::builder().processes(3).build()?;
    for round in match_ids.chunks(3) {
        for analysis in agency.imap_unordered(analyze_match, round.to_vec()) {
            publish(&analysis?)?;
        }
    }
    Ok(())
}
