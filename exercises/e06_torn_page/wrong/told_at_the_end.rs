//! Whoever called has to hear of every loss.
//! Caught by: failed-all-the-same

use std::error::Error;

use exercises::season::{analyze_match, leave_blank, publish};
use pool_lib::Pool;

pub fn publish_post(match_ids: &[u32]) -> Result<(), Box<dyn Error>> {
    let agency = Pool::builder().processes(2).build()?;
    let mut lost = None;
    let analyses = agency.imap(analyze_match, match_ids.to_vec());
    for (&match_id, analysis) in match_ids.iter().zip(analyses) {
        match analysis {
            Ok(analysis) => publish(&analysis)?,
            Err(e) => {
                leave_blank(match_id);
                lost = Some(e);
            }
        }
    }
    lost.map_or(Ok(()), |e| Err(e.into()))
}
