//! Every loss deserves a letter.
//! Caught by: too-many-letters

use std::error::Error;

use exercises::season::{Analysis, Cause, analyze_match, apologize};
use pool_lib::{Pool, TaskErrorKind};

pub fn analyze_or_apologize(match_ids: &[u32]) -> Result<Vec<Analysis>, Box<dyn Error>> {
    let agency = Pool::builder().processes(2).build()?;
    let mut lost = None;
    let mut analyses = Vec::new();
    for analysis in agency.imap(analyze_match, match_ids.to_vec()) {
        match analysis {
            Ok(analysis) => analyses.push(analysis),
            Err(e) => {
                let cause = match e.kind() {
                    TaskErrorKind::WorkerDied(_) => Cause::LightsOut,
                    _ => Cause::TornPage,
                };
                apologize(match_ids[e.index()], cause);
                lost.get_or_insert(e);
            }
        }
    }
    lost.map_or(Ok(analyses), |e| Err(e.into()))
}
