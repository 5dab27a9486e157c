//! A closure on a thread can hold several arguments, and that is all that is wanted.
//! Caught by: threads

use std::error::Error;
use std::thread;

use exercises::season::{Analysis, analyze_position};

pub fn analyze_card(
    depths: &[u32],
    match_ids: &[u32],
    first_moves: &[u32],
) -> Result<Vec<Analysis>, Box<dyn Error>> {
    let rows = match_ids.iter().zip(first_moves).zip(depths);
    thread::scope(|scope| {
        let desks: Vec<_> = rows
            .map(|((&match_id, &first), &depth)| {
                scope.spawn(move || analyze_position(match_id, first, depth))
            })
            .collect();
        Ok(desks.into_iter().map(|desk| desk.join().expect("an analysis does not panic")).collect())
    })
}
