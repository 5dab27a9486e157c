//! A letter, and then an error that says nothing of the match.
//! Caught by: another-error

use std::error::Error;

use exercises::season::{Analysis, Cause, analyze_match, apologize};
use pool_lib::{Pool, TaskError, TaskErrorKind};

pub fn analyze_or_apologize(match_ids: &[u32]) -> Result<Vec<Analysis>, Box<dyn Error>> {
    let cause = |e: &TaskError| match e.kind() {
        TaskErrorKind::Panicked(_) => Cause::TornPage,
        _ => Cause::LightsOut,
    };
    let agency = Pool::builder().processes(2).build()?;
    match agency.map(analyze_match, match_ids.to_vec()) {
        Ok(v) => Ok(v),
        Err(e) => {
            apologize(match_ids[e.index()], cause(&e));
            Err("sorry".into())
        }
    }
}
