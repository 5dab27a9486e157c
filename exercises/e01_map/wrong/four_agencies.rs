//! Four agencies of one desk each, and the list dealt out among them by hand.
//! Caught by: idle-desks

use exercises::season::{Analysis, analyze_match};
use pool_lib::Pool;
use std::error::Error;

pub fn analyze_season(match_ids: &[u32]) -> Result<Vec<Analysis>, Box<dyn Error>> {
    let pools: Vec<Pool> =
        (0..4).map(|_| Pool::builder().processes(1).build()).collect::<Result<_, _>>()?;
    let handles: Vec<_> = match_ids
        .iter()
        .enumerate()
        .map(|(i, &id)| pools[i % 4].apply_async(analyze_match, id))
        .collect();
    let mut out = Vec::new();
    for h in handles {
        out.push(h.wait()?);
    }
    Ok(out)
}
