//! Two at a time are easier to watch.
//! Caught by: rows-of-clerks

use std::error::Error;

use exercises::season::{Analysis, hire, read_analysis};

pub fn analyze_round(match_ids: &[u32]) -> Result<Vec<Analysis>, Box<dyn Error>> {
    let mut analyses = Vec::new();
    for row in match_ids.chunks(2) {
        let clerks = row.iter().map(|&match_id| hire(match_id)).collect::<Result<Vec<_>, _>>()?;
        for clerk in clerks {
            analyses.push(read_analysis(&clerk.wait_with_output()?.stdout)?);
        }
    }
    Ok(analyses)
}
