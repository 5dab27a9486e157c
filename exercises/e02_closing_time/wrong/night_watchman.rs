//! A thread ends when the function ends that started it.
//! Caught by: threads-left

use std::error::Error;
use std::thread;

use exercises::season::{analyze_match, publish};
use pool_lib::Pool;

pub fn publish_season(match_ids: &[u32]) -> Result<(), Box<dyn Error>> {
    let agency = Pool::builder().processes(2).build()?;
    // Somebody should keep an eye on the agency.
    thread::spawn(thread::park);
    for analysis in &agency.map(analyze_match, match_ids.to_vec())? {
        publish(analysis)?;
    }
    Ok(())
}
