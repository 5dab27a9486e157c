//! A worker that catches its panics cannot fail.
//! Caught by: half-the-holes

use std::error::Error;
use std::panic;

use exercises::season::{analyze_match, leave_blank, publish};
use pool_lib::Pool;

pub fn publish_post(match_ids: &[u32]) -> Result<(), Box<dyn Error>> {
    let agency = Pool::builder().processes(2).build()?;
    let analyze = |match_id: u32| panic::catch_unwind(|| analyze_match(match_id)).ok();
    let analyses = agency.imap(analyze, match_ids.to_vec());
    for (&match_id, analysis) in match_ids.iter().zip(analyses) {
        match analysis {
            Ok(Some(analysis)) => publish(&analysis)?,
            Ok(None) => leave_blank(match_id),
            Err(e) => eprintln!("this cannot happen: {e}"),
        }
    }
    Ok(())
}
