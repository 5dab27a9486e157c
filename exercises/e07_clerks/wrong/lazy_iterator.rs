//! An iterator hires all of them before it asks the first.
//! Caught by: one-clerk-at-a-time

use std::error::Error;

use exercises::season::{Analysis, hire, read_analysis};

pub fn analyze_round(match_ids: &[u32]) -> Result<Vec<Analysis>, Box<dyn Error>> {
    let clerks = match_ids.iter().map(|&match_id| hire(match_id));
    let written = clerks.map(|clerk| Ok(clerk?.wait_with_output()?.stdout));
    written.map(|w: std::io::Result<_>| Ok(read_analysis(&w?)?)).collect()
}
