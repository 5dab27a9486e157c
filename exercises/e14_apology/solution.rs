//! `map` reports the failure that stands first on the list; its index names the match, its kind the
//! cause.

use std::error::Error;

use exercises::season::{Analysis, Cause, analyze_match, apologize};
use pool_lib::{Pool, TaskErrorKind};

/// Analyzes a round; when it cannot be had, the first player without an analysis gets a letter.
pub fn analyze_or_apologize(match_ids: &[u32]) -> Result<Vec<Analysis>, Box<dyn Error>> {
    let agency = Pool::builder().processes(2).build()?;
    let analyses = agency.map(analyze_match, match_ids.to_vec());
    if let Err(e) = &analyses {
        let cause = match e.kind() {
            TaskErrorKind::WorkerDied(_) => Cause::LightsOut,
            _ => Cause::TornPage,
        };
        apologize(match_ids[e.index()], cause);
    }
    Ok(analyses?)
}
