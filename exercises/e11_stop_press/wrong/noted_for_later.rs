//! An error is reported when everything is done.
//! Caught by: printed-after-the-no

use std::error::Error;

use exercises::season::{analyze_match, publish};
use pool_lib::Pool;

pub fn print_until_stopped(match_ids: &[u32]) -> Result<(), Box<dyn Error>> {
    let agency = Pool::builder().processes(3).build()?;
    let mut noted = None;
    for analysis in agency.imap_unordered(analyze_match, match_ids.to_vec()) {
        if let Err(refused) = publish(&analysis?) {
            noted.get_or_insert(refused);
        }
    }
    noted.map_or(Ok(()), |refused| Err(refused.into()))
}
