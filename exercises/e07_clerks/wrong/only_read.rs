//! Whose output has come to its end has ended.
//! Caught by: never-waited-for

use std::error::Error;
use std::io::Read;

use exercises::season::{Analysis, hire, read_analysis};

pub fn analyze_round(match_ids: &[u32]) -> Result<Vec<Analysis>, Box<dyn Error>> {
    let clerks =
        match_ids.iter().map(|&match_id| hire(match_id)).collect::<Result<Vec<_>, _>>()?;
    let mut analyses = Vec::new();
    for mut clerk in clerks {
        let mut written = Vec::new();
        clerk.stdout.take().ok_or("no output")?.read_to_end(&mut written)?;
        analyses.push(read_analysis(&written)?);
    }
    Ok(analyses)
}
