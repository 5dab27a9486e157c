//! The quickest way to stop everything is to end the program.
//! Caught by: walked-out

use std::error::Error;
use std::process;

use exercises::season::{analyze_match, publish};
use pool_lib::Pool;

pub fn print_until_stopped(match_ids: &[u32]) -> Result<(), Box<dyn Error>> {
    let agency = Pool::builder().processes(3).build()?;
    for analysis in agency.imap_unordered(analyze_match, match_ids.to_vec()) {
        if publish(&analysis?).is_err() {
            drop(agency);
            process::exit(1);
        }
    }
    Ok(())
}
