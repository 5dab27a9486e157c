//! First the good news.
//! Caught by: out-of-place

use std::error::Error;

use exercises::season::{analyze_match, leave_blank, publish};
use pool_lib::Pool;

pub fn publish_post(match_ids: &[u32]) -> Result<(), Box<dyn Error>> {
    let agency = Pool::builder().processes(2).build()?;
    let mut lost = Vec::new();
    for (&match_id, analysis) in
        match_ids.iter().zip(agency.imap(analyze_match, match_ids.to_vec()))
    {
        match analysis {
            Ok(analysis) => publish(&analysis)?,
            Err(_) => lost.push(match_id),
        }
    }
    lost.into_iter().for_each(leave_blank);
    Ok(())
}
