//! A card that fails is an error.
//! Caught by: gave-up-midway

use std::error::Error;
use std::time::Duration;

use exercises::season::{Card, analyze_position, publish};
use pool_lib::Pool;

pub fn print_cards(cards: &[Card], limit: Duration) -> Result<(), Box<dyn Error>> {
    let agency = Pool::builder().processes(3).build()?;
    let call = agency.call().timeout(limit);
    let handles: Vec<_> =
        cards.iter().map(|card| call.starmap_async(analyze_position, card.clone())).collect();
    for handle in handles {
        handle.wait()?.iter().try_for_each(publish)?;
    }
    Ok(())
}
