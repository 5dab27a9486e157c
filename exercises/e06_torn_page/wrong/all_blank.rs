//! Without the whole list there is nothing.
//! Caught by: blank-all-the-same

use std::error::Error;

use exercises::season::{analyze_match, leave_blank, publish};
use pool_lib::Pool;

pub fn publish_post(match_ids: &[u32]) -> Result<(), Box<dyn Error>> {
    let agency = Pool::builder().processes(2).build()?;
    match agency.map(analyze_match, match_ids.to_vec()) {
        Ok(analyses) => analyses.iter().try_for_each(publish)?,
        Err(_) => match_ids.iter().for_each(|&match_id| leave_blank(match_id)),
    }
    Ok(())
}
