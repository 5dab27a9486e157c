//! A drawer of six is emptied six at a time.
//! Caught by: rounds

use std::error::Error;

use exercises::season::{Wire, analyze_match, publish};
use pool_lib::Pool;

pub fn evening_edition(mut wire: Wire, columns: usize) -> Result<(), Box<dyn Error>> {
    let agency = Pool::builder().processes(3).build()?;
    for _ in 0..columns / 6 {
        let round: Vec<u32> = wire.by_ref().take(6).collect();
        for analysis in &agency.map(analyze_match, round)? {
            publish(analysis)?;
        }
    }
    Ok(())
}
