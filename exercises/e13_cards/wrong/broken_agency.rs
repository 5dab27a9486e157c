//! When a worker has been killed, the agency is broken.
//! Caught by: neighbors-lost

use std::error::Error;
use std::time::Duration;

use exercises::season::{Card, analyze_position, leave_blank, publish};
use pool_lib::Pool;

pub fn print_cards(cards: &[Card], limit: Duration) -> Result<(), Box<dyn Error>> {
    let agency = Pool::builder().processes(3).build()?;
    let call = agency.call().timeout(limit);
    let handles: Vec<_> =
        cards.iter().map(|card| call.starmap_async(analyze_position, card.clone())).collect();
    let mut broken = false;
    for (number, handle) in (1..).zip(handles) {
        let card = handle.wait();
        broken |= card.is_err();
        match card {
            Ok(analyses) if !broken => analyses.iter().try_for_each(publish)?,
            _ => leave_blank(number),
        }
    }
    Ok(())
}
