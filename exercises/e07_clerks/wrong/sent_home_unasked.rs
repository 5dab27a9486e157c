//! Who has been listened to is sent home.
//! Caught by: made-up

use std::error::Error;

use exercises::season::{Analysis, hire};

pub fn analyze_round(match_ids: &[u32]) -> Result<Vec<Analysis>, Box<dyn Error>> {
    let mut clerks =
        match_ids.iter().map(|&match_id| hire(match_id)).collect::<Result<Vec<_>, _>>()?;
    let desks = clerks.iter().map(std::process::Child::id).collect::<Vec<_>>();
    for clerk in &mut clerks {
        clerk.wait()?;
    }
    let pairs = match_ids.iter().zip(desks);
    Ok(pairs.map(|(&match_id, desk)| Analysis { match_id, desk, seal: 0 }).collect())
}
