//! To end the program is the surest way to leave nothing behind.
//! Caught by: walked-out

use std::error::Error;
use std::process;

use exercises::season::{analyze_match, publish};
use pool_lib::Pool;

pub fn publish_season(match_ids: &[u32]) -> Result<(), Box<dyn Error>> {
    let agency = Pool::builder().processes(2).build()?;
    for analysis in &agency.map(analyze_match, match_ids.to_vec())? {
        if let Err(refused) = publish(analysis) {
            eprintln!("{refused}");
            process::exit(1);
        }
    }
    Ok(())
}
