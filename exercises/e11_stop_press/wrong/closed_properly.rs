//! An agency has to be closed and joined before one may leave.
//! Caught by: waited-for-the-lobby

use std::error::Error;

use exercises::season::{analyze_match, publish};
use pool_lib::Pool;

pub fn print_until_stopped(match_ids: &[u32]) -> Result<(), Box<dyn Error>> {
    let agency = Pool::builder().processes(3).build()?;
    let analyses = agency.imap_unordered(analyze_match, match_ids.to_vec());
    for analysis in analyses {
        if let Err(refused) = publish(&analysis?) {
            agency.join();
            return Err(refused.into());
        }
    }
    Ok(())
}
