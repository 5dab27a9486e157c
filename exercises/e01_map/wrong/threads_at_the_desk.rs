//! One desk, and at it a thread for each match.
//! Caught by: threads-at-a-desk

use exercises::season::{Analysis, analyze_match};
use pool_lib::Pool;
use std::error::Error;

pub fn analyze_season(match_ids: &[u32]) -> Result<Vec<Analysis>, Box<dyn Error>> {
    let agency = Pool::builder().processes(4).build()?;
    Ok(agency.apply(
        |ids: Vec<u32>| {
            let mut out = Vec::new();
            for four in ids.chunks(4) {
                std::thread::scope(|s| {
                    let hs: Vec<_> =
                        four.iter().map(|&id| s.spawn(move || analyze_match(id))).collect();
                    for h in hs {
                        out.push(h.join().unwrap());
                    }
                });
            }
            out
        },
        match_ids.to_vec(),
    )?)
}
