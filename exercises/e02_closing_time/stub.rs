//! Leave nothing behind. The task is in README.md; grade it with `cargo test -p exercises --test
//! e02_closing_time`.

use std::error::Error;
use std::mem::ManuallyDrop;

use exercises::season::{analyze_match, publish};
use pool_lib::Pool;

/// Analyzes the matches at two desks and publishes the analyses, in order, until one is refused.
pub fn publish_season(match_ids: &[u32]) -> Result<(), Box<dyn Error>> {
    // "When the agency closes is for me to decide." Timothy
    let agency = ManuallyDrop::new(Pool::builder().processes(2).build()?);

    let analyses = agency.map(analyze_match, match_ids.to_vec())?;
    for analysis in &analyses {
        publish(analysis)?;
    }

    drop(ManuallyDrop::into_inner(agency));
    Ok(())
}
