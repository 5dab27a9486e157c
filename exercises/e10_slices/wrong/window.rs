//! A window of three is a slice of three.
//! Caught by: window

use std::error::Error;

use exercises::season::{Analysis, analyze_match};
use pool_lib::Pool;

pub fn analyze_in_slices(
    match_ids: &[u32],
    slice: usize,
) -> Result<Vec<Analysis>, Box<dyn Error>> {
    let agency = Pool::builder().processes(2).build()?;
    let analyses = agency.call().window(slice).imap(analyze_match, match_ids.to_vec());
    Ok(analyses.collect::<Result<_, _>>()?)
}
