//! What fails is tried again before anybody is told.
//! Caught by: tried-again

use std::error::Error;

use exercises::season::{Analysis, Cause, analyze_match, apologize};
use pool_lib::{Pool, TaskErrorKind};

pub fn analyze_or_apologize(match_ids: &[u32]) -> Result<Vec<Analysis>, Box<dyn Error>> {
    let agency = Pool::builder().processes(2).build()?;
    let analyses = agency.call().retries(2).map(analyze_match, match_ids.to_vec());
    if let Err(e) = &analyses {
        let cause = match e.kind() {
            TaskErrorKind::WorkerDied(_) => Cause::LightsOut,
            _ => Cause::TornPage,
        };
        apologize(match_ids[e.index()], cause);
    }
    Ok(analyses?)
}
