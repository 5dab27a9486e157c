//! A letter of apology. The task is in README.md; grade it with `cargo test -p exercises --test
//! e14_apology`.

use std::error::Error;

use exercises::season::{Analysis, Cause, analyze_match, apologize};
use pool_lib::{Pool, TaskErrorKind};

/// Analyzes a round; when it cannot be had, the first player without an analysis gets a letter.
pub fn analyze_or_apologize(match_ids: &[u32]) -> Result<Vec<Analysis>, Box<dyn Error>> {
    let _ = (apologize, [Cause::TornPage, Cause::LightsOut]); // For letters that nobody writes yet.
    let _ = TaskErrorKind::WorkerDied;
    let agency = Pool::builder().processes(2).build()?;
    Ok(agency.map(analyze_match, match_ids.to_vec())?)
}
