//! `imap` gives a `Result` for each match, in order, and goes on behind those that failed.

use std::error::Error;

use exercises::season::{analyze_match, leave_blank, publish};
use pool_lib::Pool;

/// Publishes an analysis for each match, in order; where there is none, the column stays blank.
pub fn publish_post(match_ids: &[u32]) -> Result<(), Box<dyn Error>> {
    let agency = Pool::builder().processes(2).build()?;
    let analyses = agency.imap(analyze_match, match_ids.to_vec());
    for (&match_id, analysis) in match_ids.iter().zip(analyses) {
        match analysis {
            Ok(analysis) => publish(&analysis)?,
            Err(_) => leave_blank(match_id),
        }
    }
    Ok(())
}
