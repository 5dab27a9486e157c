//! Threads find the cores by themselves.
//! Caught by: threads

use std::error::Error;
use std::thread;

use exercises::season::{Analysis, analyze_match};

pub fn analyze_anywhere(match_ids: &[u32]) -> Result<Vec<Analysis>, Box<dyn Error>> {
    let cores = thread::available_parallelism()?.get().max(2);
    let mut analyses = Vec::new();
    thread::scope(|scope| {
        let share = match_ids.len().div_ceil(cores);
        let desks: Vec<_> = match_ids
            .chunks(share)
            .map(|ids| scope.spawn(|| ids.iter().map(|&id| analyze_match(id)).collect::<Vec<_>>()))
            .collect();
        for desk in desks {
            analyses.extend(desk.join().expect("an analysis does not panic"));
        }
    });
    Ok(analyses)
}
