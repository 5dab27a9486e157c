//! A function that cleans up has to catch panics.
//! Caught by: breakdown-hidden

use std::error::Error;
use std::panic::catch_unwind;

use exercises::season::{analyze_match, publish};
use pool_lib::Pool;

pub fn print_until_stopped(match_ids: &[u32]) -> Result<(), Box<dyn Error>> {
    let agency = Pool::builder().processes(3).build()?;
    for analysis in agency.imap_unordered(analyze_match, match_ids.to_vec()) {
        let analysis = analysis?;
        match catch_unwind(|| publish(&analysis)) {
            Ok(printed) => printed?,
            Err(_) => break,
        }
    }
    Ok(())
}
