//! Whoever called has to hear of every loss.
//! Caught by: failed-all-the-same

use std::error::Error;
use std::time::Duration;

use exercises::season::{Card, analyze_position, leave_blank, publish};
use pool_lib::Pool;

pub fn print_cards(cards: &[Card], limit: Duration) -> Result<(), Box<dyn Error>> {
    let agency = Pool::builder().processes(3).build()?;
    let call = agency.call().timeout(limit);
    let handles: Vec<_> =
        cards.iter().map(|card| call.starmap_async(analyze_position, card.clone())).collect();
    let mut lost = None;
    for (number, handle) in (1..).zip(handles) {
        match handle.wait() {
            Ok(analyses) => analyses.iter().try_for_each(publish)?,
            Err(e) => {
                leave_blank(number);
                lost = Some(e);
            }
        }
    }
    lost.map_or(Ok(()), |e| Err(e.into()))
}
