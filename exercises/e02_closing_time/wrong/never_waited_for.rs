//! Dropping a `Child` closes it, just as dropping a pool does.
//! Caught by: zombie

use std::error::Error;
use std::process::Command;

use exercises::season::{analyze_match, publish};
use pool_lib::Pool;

pub fn publish_season(match_ids: &[u32]) -> Result<(), Box<dyn Error>> {
    // Somebody tells the neighbors that the paper is coming.
    Command::new("true").spawn()?;
    let agency = Pool::builder().processes(2).build()?;
    for analysis in &agency.map(analyze_match, match_ids.to_vec())? {
        publish(analysis)?;
    }
    Ok(())
}
