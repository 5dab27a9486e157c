//! Cards are rows, and rows make a list.
//! Caught by: all-cards-lost

use std::error::Error;
use std::time::Duration;

use exercises::season::{Card, analyze_position, publish};
use pool_lib::Pool;

pub fn print_cards(cards: &[Card], limit: Duration) -> Result<(), Box<dyn Error>> {
    let agency = Pool::builder().processes(3).build()?;
    let rows = cards.concat();
    for analysis in &agency.call().timeout(limit).starmap(analyze_position, rows)? {
        publish(analysis)?;
    }
    Ok(())
}
