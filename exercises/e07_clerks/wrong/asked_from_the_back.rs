//! Whoever is asked first comes first.
//! Caught by: order

use std::error::Error;

use exercises::season::{Analysis, hire, read_analysis};

pub fn analyze_round(match_ids: &[u32]) -> Result<Vec<Analysis>, Box<dyn Error>> {
    let mut clerks =
        match_ids.iter().map(|&match_id| hire(match_id)).collect::<Result<Vec<_>, _>>()?;
    let mut analyses = Vec::new();
    while let Some(clerk) = clerks.pop() {
        analyses.push(read_analysis(&clerk.wait_with_output()?.stdout)?);
    }
    Ok(analyses)
}
