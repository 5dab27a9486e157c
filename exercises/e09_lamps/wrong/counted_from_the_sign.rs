//! The kernel’s list of processors is the list of mine.
//! Caught by: hired-for-the-sign
//! Cores: 2

use std::error::Error;
use std::fs;

use exercises::season::{Analysis, analyze_match};
use pool_lib::Pool;

pub fn analyze_anywhere(match_ids: &[u32]) -> Result<Vec<Analysis>, Box<dyn Error>> {
    let shown = fs::read_to_string("/proc/cpuinfo")?;
    let cores = shown.lines().filter(|line| line.starts_with("processor")).count();
    let agency = Pool::builder().processes(cores).build()?;
    Ok(agency.map(analyze_match, match_ids.to_vec())?)
}
