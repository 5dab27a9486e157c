//! A chain of iterators that makes handles and waits for them makes all of them first.
//! Caught by: card-by-card

use std::error::Error;
use std::time::Duration;

use exercises::season::{Card, analyze_position, leave_blank, publish};
use pool_lib::Pool;

pub fn print_cards(cards: &[Card], limit: Duration) -> Result<(), Box<dyn Error>> {
    let agency = Pool::builder().processes(3).build()?;
    let call = agency.call().timeout(limit);
    let done = cards
        .iter()
        .map(|card| call.starmap_async(analyze_position, card.clone()))
        .map(|handle| handle.wait());
    for (number, card) in (1..).zip(done) {
        match card {
            Ok(analyses) => analyses.iter().try_for_each(publish)?,
            Err(_) => leave_blank(number),
        }
    }
    Ok(())
}
