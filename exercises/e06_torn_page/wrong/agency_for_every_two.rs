//! A new agency for every two matches, so that a fallen worker needs no replacement.
//! Caught by: hired-anew

use exercises::season::{analyze_match, leave_blank, publish};
use pool_lib::Pool;
use std::error::Error;

pub fn publish_post(match_ids: &[u32]) -> Result<(), Box<dyn Error>> {
    let mut out = Vec::new();
    for two in match_ids.chunks(2) {
        let agency = Pool::builder().processes(2).build()?;
        out.extend(agency.imap(analyze_match, two.to_vec()));
    }
    for (&id, a) in match_ids.iter().zip(out) {
        match a {
            Ok(a) => publish(&a)?,
            Err(_) => leave_blank(id),
        }
    }
    Ok(())
}
