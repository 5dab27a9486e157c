//! `catch_unwind` does the same without an agency.
//! Caught by: own-desk

use std::error::Error;
use std::panic::catch_unwind;

use exercises::season::{Analysis, Cause, analyze_match, apologize};

pub fn analyze_or_apologize(match_ids: &[u32]) -> Result<Vec<Analysis>, Box<dyn Error>> {
    let mut analyses = Vec::new();
    for &match_id in match_ids {
        match catch_unwind(|| analyze_match(match_id)) {
            Ok(analysis) => analyses.push(analysis),
            Err(_) => {
                apologize(match_id, Cause::TornPage);
                return Err("a page is torn".into());
            }
        }
    }
    Ok(analyses)
}
