//! What must not happen may panic.
//! Caught by: no-unwrapped

use std::error::Error;

use exercises::season::{analyze_match, publish};
use pool_lib::Pool;

pub fn print_until_stopped(match_ids: &[u32]) -> Result<(), Box<dyn Error>> {
    let agency = Pool::builder().processes(3).build()?;
    for analysis in agency.imap_unordered(analyze_match, match_ids.to_vec()) {
        publish(&analysis?).unwrap();
    }
    Ok(())
}
