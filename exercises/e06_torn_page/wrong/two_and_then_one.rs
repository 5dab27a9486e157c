//! The first two matches together, the others each when the one before is done.
//! Caught by: piles

use exercises::season::{analyze_match, leave_blank, publish};
use pool_lib::Pool;
use std::error::Error;

pub fn publish_post(match_ids: &[u32]) -> Result<(), Box<dyn Error>> {
    let agency = Pool::builder().processes(2).build()?;
    let (a, b) = match_ids.split_at(2);
    for (&id, r) in a.iter().zip(agency.imap(analyze_match, a.to_vec())) {
        match r {
            Ok(a) => publish(&a)?,
            Err(_) => leave_blank(id),
        }
    }
    for &id in b {
        match agency.apply(analyze_match, id) {
            Ok(a) => publish(&a)?,
            Err(_) => leave_blank(id),
        }
    }
    Ok(())
}
