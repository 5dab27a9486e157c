//! The first columns come one by one, and all others in rounds of six.
//! Caught by: full-only-at-first

use exercises::season::{Wire, analyze_match, publish};
use pool_lib::Pool;
use std::error::Error;

pub fn evening_edition(wire: Wire, columns: usize) -> Result<(), Box<dyn Error>> {
    let agency = Pool::builder().processes(3).build()?;
    let mut wire = wire;
    for a in agency.call().window(6).imap(analyze_match, wire.by_ref().take(9)) {
        publish(&a?)?;
    }
    let mut left = columns - 9;
    while left > 0 {
        let six: Vec<u32> = wire.by_ref().take(left.min(6)).collect();
        left -= six.len();
        for a in &agency.map(analyze_match, six)? {
            publish(a)?;
        }
    }
    Ok(())
}
