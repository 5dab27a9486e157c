//! Two ways out, one line behind both of them that closes the agency.
//! Caught by: desks-open-after-panic

use std::error::Error;
use std::mem::ManuallyDrop;

use exercises::season::{analyze_match, publish};
use pool_lib::Pool;

pub fn print_until_stopped(match_ids: &[u32]) -> Result<(), Box<dyn Error>> {
    let agency = ManuallyDrop::new(Pool::builder().processes(3).build()?);
    let mut evening = Ok(());
    for analysis in agency.imap_unordered(analyze_match, match_ids.to_vec()) {
        evening = publish(&analysis?);
        if evening.is_err() {
            break;
        }
    }
    drop(ManuallyDrop::into_inner(agency));
    Ok(evening?)
}
