//! A time limit is for those who hand work over.
//! Caught by: own-desk

use std::error::Error;
use std::time::Duration;

use exercises::season::{Card, analyze_position, publish};

pub fn print_cards(cards: &[Card], limit: Duration) -> Result<(), Box<dyn Error>> {
    let _ = limit;
    for card in cards {
        for &(match_id, first_move, depth) in card {
            publish(&analyze_position(match_id, first_move, depth))?;
        }
    }
    Ok(())
}
