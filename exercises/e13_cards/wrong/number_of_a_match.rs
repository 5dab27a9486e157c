//! What stays blank is a match.
//! Caught by: blank-for-no-card

use std::error::Error;
use std::time::Duration;

use exercises::season::{Card, analyze_position, leave_blank, publish};
use pool_lib::Pool;

pub fn print_cards(cards: &[Card], limit: Duration) -> Result<(), Box<dyn Error>> {
    let agency = Pool::builder().processes(3).build()?;
    let call = agency.call().timeout(limit);
    let handles: Vec<_> =
        cards.iter().map(|card| call.starmap_async(analyze_position, card.clone())).collect();
    for (card, handle) in cards.iter().zip(handles) {
        match handle.wait() {
            Ok(analyses) => analyses.iter().try_for_each(publish)?,
            Err(_) => leave_blank(card[0].0),
        }
    }
    Ok(())
}
