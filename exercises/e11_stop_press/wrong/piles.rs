//! Three desks, three piles.
//! Caught by: piles

use std::error::Error;

use exercises::season::{Analysis, analyze_match, publish};
use pool_lib::Pool;

pub fn print_until_stopped(match_ids: &[u32]) -> Result<(), Box<dyn Error>> {
    let agency = Pool::builder().processes(3).build()?;
    let piles: Vec<Vec<u32>> = match_ids.chunks(4).map(<[u32]>::to_vec).collect();
    let analyze_pile =
        |pile: Vec<u32>| pile.into_iter().map(analyze_match).collect::<Vec<Analysis>>();
    for analyses in agency.imap_unordered(analyze_pile, piles) {
        for analysis in &analyses? {
            publish(analysis)?;
        }
    }
    Ok(())
}
