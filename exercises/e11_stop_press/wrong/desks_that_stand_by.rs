//! Thirty desks, and a window so narrow that three of them ever have a match.
//! Caught by: idle-desks

use std::error::Error;

use exercises::season::{analyze_match, publish};
use pool_lib::Pool;

pub fn print_until_stopped(match_ids: &[u32]) -> Result<(), Box<dyn Error>> {
    let agency = Pool::builder().processes(30).build()?;
    for a in agency.call().window(3).imap_unordered(analyze_match, match_ids.to_vec()) {
        publish(&a?)?;
    }
    Ok(())
}
