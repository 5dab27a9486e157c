//! Four cards, and endgames without an end. The task is in README.md; grade it with `cargo test -p exercises --test
//! e13_cards`.

use std::error::Error;
use std::time::Duration;

use exercises::season::{Card, analyze_position, leave_blank, publish};
use pool_lib::Pool;

/// Prints the cards in order; one with a position that takes longer than `limit` stays blank.
pub fn print_cards(cards: &[Card], limit: Duration) -> Result<(), Box<dyn Error>> {
    let _ = (limit, leave_blank); // They must be good for something.
    let agency = Pool::builder().processes(3).build()?;
    for card in cards {
        for analysis in &agency.starmap(analyze_position, card.clone())? {
            publish(analysis)?;
        }
    }
    Ok(())
}
