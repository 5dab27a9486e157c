//! To hire somebody twice is safer.
//! Caught by: twice

use std::error::Error;

use exercises::season::{Analysis, hire, read_analysis};

pub fn analyze_round(match_ids: &[u32]) -> Result<Vec<Analysis>, Box<dyn Error>> {
    for &match_id in match_ids {
        hire(match_id)?.wait()?;
    }
    let clerks =
        match_ids.iter().map(|&match_id| hire(match_id)).collect::<Result<Vec<_>, _>>()?;
    let mut analyses = Vec::new();
    for clerk in clerks {
        analyses.push(read_analysis(&clerk.wait_with_output()?.stdout)?);
    }
    Ok(analyses)
}
