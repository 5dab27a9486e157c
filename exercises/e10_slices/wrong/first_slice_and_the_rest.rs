//! The first slice as thick as asked, and the rest in one heap.
//! Caught by: only-the-first

use std::error::Error;

use exercises::season::{Analysis, analyze_match};
use pool_lib::Pool;

pub fn analyze_in_slices(match_ids: &[u32], slice: usize) -> Result<Vec<Analysis>, Box<dyn Error>> {
    let agency = Pool::builder().processes(2).build()?;
    let (a, b) = match_ids.split_at(slice.min(match_ids.len()));
    let v: Vec<Vec<Analysis>> = agency.map(
        |s: Vec<u32>| s.into_iter().map(analyze_match).collect::<Vec<_>>(),
        [a.to_vec(), b.to_vec()],
    )?;
    Ok(v.concat())
}
