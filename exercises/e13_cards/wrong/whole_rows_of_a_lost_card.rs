//! What there is of a lost card is printed, and then its blank.
//! Caught by: torso

use std::error::Error;
use std::time::Duration;

use exercises::season::{Card, analyze_position, leave_blank, publish};
use pool_lib::Pool;

pub fn print_cards(cards: &[Card], limit: Duration) -> Result<(), Box<dyn Error>> {
    let agency = Pool::builder().processes(3).task_timeout(limit).build()?;
    let h: Vec<_> = cards
        .iter()
        .map(|c| {
            c.iter()
                .map(|&r| {
                    agency.apply_async(|(a, b, c): (u32, u32, u32)| analyze_position(a, b, c), r)
                })
                .collect::<Vec<_>>()
        })
        .collect();
    for (n, h) in (1..).zip(h) {
        let mut bad = false;
        for h in h {
            match h.wait() {
                Ok(a) => publish(&a)?,
                Err(_) => bad = true,
            }
        }
        if bad {
            leave_blank(n)
        }
    }
    Ok(())
}
