//! The panic is caught, and comes back as an error.
//! Caught by: breakdown-reworded

use std::error::Error;

use exercises::season::{analyze_match, publish};
use pool_lib::Pool;

pub fn print_until_stopped(match_ids: &[u32]) -> Result<(), Box<dyn Error>> {
    let agency = Pool::builder().processes(3).build()?;
    for a in agency.imap_unordered(analyze_match, match_ids.to_vec()) {
        let a = a?;
        match std::panic::catch_unwind(|| publish(&a)) {
            Ok(r) => r?,
            Err(_) => {
                agency.terminate();
                return Err("the press broke down".into());
            }
        }
    }
    Ok(())
}
