//! Twenty matches fill twenty places, so match 20 goes to place 20.
//! Caught by: panicked

use std::error::Error;

use exercises::season::{Analysis, analyze_match};
use pool_lib::Pool;

pub fn analyze_season(match_ids: &[u32]) -> Result<Vec<Analysis>, Box<dyn Error>> {
    let agency = Pool::builder().processes(4).build()?;
    let mut shelf = vec![None; match_ids.len()];
    for analysis in agency.imap_unordered(analyze_match, match_ids.to_vec()) {
        let analysis = analysis?;
        let place = analysis.match_id as usize;
        shelf[place] = Some(analysis);
    }
    Ok(shelf.into_iter().flatten().collect())
}
