//! Who is asked alone fails alone, and in order.
//! Caught by: one-at-a-time

use std::error::Error;

use exercises::season::{Analysis, Cause, analyze_match, apologize};
use pool_lib::{Pool, TaskErrorKind};

pub fn analyze_or_apologize(match_ids: &[u32]) -> Result<Vec<Analysis>, Box<dyn Error>> {
    let agency = Pool::builder().processes(2).build()?;
    let (mut analyses, mut lost) = (Vec::new(), None);
    for &match_id in match_ids {
        match agency.apply(analyze_match, match_id) {
            Ok(analysis) => analyses.push(analysis),
            Err(e) => lost = lost.or(Some((match_id, e))),
        }
    }
    let Some((match_id, e)) = lost else { return Ok(analyses) };
    let cause = match e.kind() {
        TaskErrorKind::WorkerDied(_) => Cause::LightsOut,
        _ => Cause::TornPage,
    };
    apologize(match_id, cause);
    Err(e.into())
}
