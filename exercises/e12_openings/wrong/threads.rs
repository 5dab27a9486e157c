//! A thread can be given as many arguments as one likes.
//! Caught by: threads

use std::error::Error;
use std::thread;

use exercises::season::{Analysis, Opening, Side, compare_opening};

pub fn compare_openings(
    match_ids: &[u32],
    openings: &[(Opening, u32)],
) -> Result<Vec<Analysis>, Box<dyn Error>> {
    let mut slips = Vec::new();
    for &match_id in match_ids {
        for &(opening, depth) in openings {
            for side in [Side::White, Side::Black] {
                slips.push((match_id, opening, side, depth));
            }
        }
    }
    thread::scope(|scope| {
        let desks: Vec<_> = slips
            .into_iter()
            .map(|(m, opening, side, depth)| {
                scope.spawn(move || compare_opening(m, opening, side, depth))
            })
            .collect();
        Ok(desks.into_iter().map(|desk| desk.join().expect("a comparison does not panic")).collect())
    })
}
