//! The agency is an ordinary value: whoever leaves the function, by whichever door, drops it, and it sends
//! everybody home.

use std::error::Error;

use exercises::season::{analyze_match, publish};
use pool_lib::Pool;

/// Prints the analyses as they get done, until the press says no.
pub fn print_until_stopped(match_ids: &[u32]) -> Result<(), Box<dyn Error>> {
    let agency = Pool::builder().processes(3).build()?;
    for analysis in agency.imap_unordered(analyze_match, match_ids.to_vec()) {
        publish(&analysis?)?;
    }
    Ok(())
}
