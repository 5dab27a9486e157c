//! The worker whose page is torn writes the letter itself.
//! Caught by: written-at-a-desk

use std::error::Error;

use exercises::season::{Analysis, Cause, analyze_match, apologize};
use pool_lib::{Pool, TaskError, TaskErrorKind};

pub fn analyze_or_apologize(match_ids: &[u32]) -> Result<Vec<Analysis>, Box<dyn Error>> {
    let cause = |e: &TaskError| match e.kind() {
        TaskErrorKind::Panicked(_) => Cause::TornPage,
        _ => Cause::LightsOut,
    };
    let agency = Pool::builder().processes(2).build()?;
    let r = agency.map(analyze_match, match_ids.to_vec());
    if let Err(e) = &r {
        let c = cause(e);
        agency.apply(
            |(m, t): (u32, bool)| apologize(m, if t { Cause::TornPage } else { Cause::LightsOut }),
            (match_ids[e.index()], c == Cause::TornPage),
        )?;
    }
    Ok(r?)
}
