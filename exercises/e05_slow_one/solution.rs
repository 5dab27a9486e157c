//! `imap_unordered` hands over what is done; whose it is stands on the analysis.

use std::error::Error;

use exercises::season::{analyze_match, publish};
use pool_lib::Pool;

/// Pins up the analyses of these matches, each as soon as it is done.
pub fn pin_up(match_ids: &[u32]) -> Result<(), Box<dyn Error>> {
    let agency = Pool::builder().processes(3).build()?;
    for analysis in agency.imap_unordered(analyze_match, match_ids.to_vec()) {
        publish(&analysis?)?;
    }
    Ok(())
}
