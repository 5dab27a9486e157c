//! There is one result for each desk, so the desk is a good key to file it under.
//! Caught by: results-lost

use std::collections::BTreeMap;
use std::error::Error;

use exercises::season::{Analysis, analyze_match};
use pool_lib::Pool;

pub fn analyze_season(match_ids: &[u32]) -> Result<Vec<Analysis>, Box<dyn Error>> {
    let agency = Pool::builder().processes(4).build()?;
    let mut filed = BTreeMap::new();
    for analysis in agency.map(analyze_match, match_ids.to_vec())? {
        filed.insert(analysis.desk, analysis);
    }
    Ok(filed.into_values().collect())
}
