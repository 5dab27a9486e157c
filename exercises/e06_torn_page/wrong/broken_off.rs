//! What is lost ends the list.
//! Caught by: ends-at-the-hole

use std::error::Error;

use exercises::season::{analyze_match, leave_blank, publish};
use pool_lib::Pool;

pub fn publish_post(match_ids: &[u32]) -> Result<(), Box<dyn Error>> {
    let agency = Pool::builder().processes(2).build()?;
    let analyses = agency.imap(analyze_match, match_ids.to_vec());
    for (&match_id, analysis) in match_ids.iter().zip(analyses) {
        match analysis {
            Ok(analysis) => publish(&analysis)?,
            Err(_) => {
                leave_blank(match_id);
                break;
            }
        }
    }
    Ok(())
}
