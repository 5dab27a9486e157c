//! Results come in the order of the list.
//! Caught by: order

use std::error::Error;

use exercises::season::{Analysis, analyze_match};
use pool_lib::Pool;

pub fn analyze_list(match_ids: &[u32]) -> Result<Vec<Analysis>, Box<dyn Error>> {
    let agency = Pool::builder().processes(2).build()?;
    let analyses = agency.imap_unordered(analyze_match, match_ids.to_vec());
    Ok(analyses.collect::<Result<_, _>>()?)
}
