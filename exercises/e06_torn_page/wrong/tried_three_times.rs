//! What fails is tried again.
//! Caught by: tried-again

use std::error::Error;

use exercises::season::{analyze_match, leave_blank, publish};
use pool_lib::Pool;

pub fn publish_post(match_ids: &[u32]) -> Result<(), Box<dyn Error>> {
    let agency = Pool::builder().processes(2).build()?;
    let analyses = agency.call().retries(2).imap(analyze_match, match_ids.to_vec());
    for (&match_id, analysis) in match_ids.iter().zip(analyses) {
        match analysis {
            Ok(analysis) => publish(&analysis)?,
            Err(_) => leave_blank(match_id),
        }
    }
    Ok(())
}
