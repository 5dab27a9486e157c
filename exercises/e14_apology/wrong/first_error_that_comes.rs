//! The first error that one sees is the first that there is.
//! Caught by: the-other-of-two

use std::error::Error;

use exercises::season::{Analysis, Cause, analyze_match, apologize};
use pool_lib::{Pool, TaskErrorKind};

pub fn analyze_or_apologize(match_ids: &[u32]) -> Result<Vec<Analysis>, Box<dyn Error>> {
    let agency = Pool::builder().processes(2).build()?;
    let mut analyses = Vec::new();
    for analysis in agency.imap_unordered(analyze_match, match_ids.to_vec()) {
        let e = match analysis {
            Ok(analysis) => {
                analyses.push(analysis);
                continue;
            }
            Err(e) => e,
        };
        let cause = match e.kind() {
            TaskErrorKind::WorkerDied(_) => Cause::LightsOut,
            _ => Cause::TornPage,
        };
        apologize(match_ids[e.index()], cause);
        // The others are to be analyzed all the same.
        agency.join();
        return Err(e.into());
    }
    analyses.sort_by_key(|a| match_ids.iter().position(|&id| id == a.match_id));
    Ok(analyses)
}
