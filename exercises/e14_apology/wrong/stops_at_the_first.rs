//! The first failure on the list ends the loop, and with it the work on all others.
//! Caught by: stops-at-the-first

use std::error::Error;

use exercises::season::{Analysis, Cause, analyze_match, apologize};
use pool_lib::{Pool, TaskError, TaskErrorKind};

pub fn analyze_or_apologize(match_ids: &[u32]) -> Result<Vec<Analysis>, Box<dyn Error>> {
    let cause = |e: &TaskError| match e.kind() {
        TaskErrorKind::Panicked(_) => Cause::TornPage,
        _ => Cause::LightsOut,
    };
    let agency = Pool::builder().processes(2).build()?;
    let mut v = vec![];
    for r in agency.imap(analyze_match, match_ids.to_vec()) {
        match r {
            Ok(a) => v.push(a),
            Err(e) => {
                apologize(match_ids[e.index()], cause(&e));
                return Err(e.into());
            }
        }
    }
    Ok(v)
}
