//! One loop hires all, another asks each: `wait_with_output` reads and waits for the process.

use std::error::Error;

use exercises::season::{Analysis, hire, read_analysis};

/// Has each match analyzed by a clerk of its own, all at the same time.
pub fn analyze_round(match_ids: &[u32]) -> Result<Vec<Analysis>, Box<dyn Error>> {
    let mut clerks = Vec::new();
    for &match_id in match_ids {
        clerks.push(hire(match_id)?);
    }
    let mut analyses = Vec::new();
    for clerk in clerks {
        analyses.push(read_analysis(&clerk.wait_with_output()?.stdout)?);
    }
    Ok(analyses)
}
