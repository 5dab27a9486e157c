//! A pool is expensive to open, so it belongs in a `static`, and the end of the program closes it.
//! Caught by: desks-kept

use std::error::Error;
use std::sync::OnceLock;

use exercises::season::{analyze_match, publish};
use pool_lib::Pool;

pub fn publish_season(match_ids: &[u32]) -> Result<(), Box<dyn Error>> {
    static AGENCY: OnceLock<Pool> = OnceLock::new();
    if AGENCY.get().is_none() {
        let _ = AGENCY.set(Pool::builder().processes(2).build()?);
    }
    let agency = AGENCY.get().expect("it was opened above");
    for analysis in &agency.map(analyze_match, match_ids.to_vec())? {
        publish(analysis)?;
    }
    Ok(())
}
