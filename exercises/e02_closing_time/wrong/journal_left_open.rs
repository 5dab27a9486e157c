//! What has a number instead of a name needs no closing.
//! Caught by: descriptors-open

use std::error::Error;
use std::fs::File;
use std::os::fd::IntoRawFd;

use exercises::season::{analyze_match, publish};
use pool_lib::Pool;

pub fn publish_season(match_ids: &[u32]) -> Result<(), Box<dyn Error>> {
    let agency = Pool::builder().processes(2).build()?;
    // The journal of the house, by its number.
    let _journal = File::open("/proc/version")?.into_raw_fd();
    for analysis in &agency.map(analyze_match, match_ids.to_vec())? {
        publish(analysis)?;
    }
    Ok(())
}
