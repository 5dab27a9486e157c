//! A channel ends when the work has ended, also while one still holds a sender in one’s own hand.
//! Caught by: stuck

use std::error::Error;
use std::sync::mpsc::channel;

use exercises::season::{Analysis, analyze_match};
use pool_lib::Pool;

pub fn analyze_season(match_ids: &[u32]) -> Result<Vec<Analysis>, Box<dyn Error>> {
    let agency = Pool::builder().processes(4).build()?;
    let (done, analyses) = channel();
    for analysis in agency.map(analyze_match, match_ids.to_vec())? {
        done.send(analysis)?;
    }
    Ok(analyses.into_iter().collect())
}
