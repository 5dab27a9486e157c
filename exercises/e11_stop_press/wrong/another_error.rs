//! The editor’s no is replaced by an error about something else.
//! Caught by: no-reworded

use std::error::Error;

use exercises::season::{analyze_match, publish};
use pool_lib::Pool;

pub fn print_until_stopped(match_ids: &[u32]) -> Result<(), Box<dyn Error>> {
    let agency = Pool::builder().processes(3).build()?;
    for a in agency.imap_unordered(analyze_match, match_ids.to_vec()) {
        let a = a?;
        publish(&a).map_err(|_| "match 999 refused")?;
    }
    Ok(())
}
