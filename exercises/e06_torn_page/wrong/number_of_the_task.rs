//! The index of an error is the number of a match.
//! Caught by: wrong-hole

use std::error::Error;

use exercises::season::{analyze_match, leave_blank, publish};
use pool_lib::Pool;

pub fn publish_post(match_ids: &[u32]) -> Result<(), Box<dyn Error>> {
    let agency = Pool::builder().processes(2).build()?;
    for analysis in agency.imap(analyze_match, match_ids.to_vec()) {
        match analysis {
            Ok(analysis) => publish(&analysis)?,
            Err(e) => leave_blank(e.index() as u32),
        }
    }
    Ok(())
}
