//! First the work, then the printing.
//! Caught by: nothing-in-hand

use std::error::Error;

use exercises::season::{analyze_match, publish};
use pool_lib::Pool;

pub fn print_until_stopped(match_ids: &[u32]) -> Result<(), Box<dyn Error>> {
    let agency = Pool::builder().processes(3).build()?;
    for analysis in &agency.map(analyze_match, match_ids.to_vec())? {
        publish(analysis)?;
    }
    Ok(())
}
