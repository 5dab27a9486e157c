//! A thread for each slice.
//! Caught by: threads

use std::error::Error;
use std::thread;

use exercises::season::{Analysis, analyze_match};

pub fn analyze_in_slices(
    match_ids: &[u32],
    slice: usize,
) -> Result<Vec<Analysis>, Box<dyn Error>> {
    let mut analyses = Vec::new();
    thread::scope(|scope| {
        let desks: Vec<_> = match_ids
            .chunks(slice)
            .map(|ids| scope.spawn(|| ids.iter().map(|&id| analyze_match(id)).collect::<Vec<_>>()))
            .collect();
        for desk in desks {
            analyses.extend(desk.join().expect("an analysis does not panic"));
        }
    });
    Ok(analyses)
}
