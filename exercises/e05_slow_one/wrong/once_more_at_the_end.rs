//! What is pinned up early has to be pinned up again in order.
//! Caught by: pinned-twice

use std::error::Error;

use exercises::season::{analyze_match, publish};
use pool_lib::Pool;

pub fn pin_up(match_ids: &[u32]) -> Result<(), Box<dyn Error>> {
    let agency = Pool::builder().processes(3).build()?;
    let mut analyses = Vec::new();
    for analysis in agency.imap_unordered(analyze_match, match_ids.to_vec()) {
        let analysis = analysis?;
        publish(&analysis)?;
        analyses.push(analysis);
    }
    analyses.sort_by_key(|analysis| analysis.match_id);
    analyses.iter().try_for_each(publish)?;
    Ok(())
}
