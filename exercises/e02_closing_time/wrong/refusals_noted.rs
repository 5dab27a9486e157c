//! An error is dealt with once it has been written down.
//! Caught by: refusal-ignored

use std::error::Error;

use exercises::season::{analyze_match, publish};
use pool_lib::Pool;

pub fn publish_season(match_ids: &[u32]) -> Result<(), Box<dyn Error>> {
    let agency = Pool::builder().processes(2).build()?;
    for analysis in &agency.map(analyze_match, match_ids.to_vec())? {
        if let Err(refused) = publish(analysis) {
            eprintln!("{refused}");
        }
    }
    Ok(())
}
