//! A thread is hired faster than a clerk.
//! Caught by: threads

use std::error::Error;
use std::thread;

use exercises::season::{Analysis, analyze_match};

pub fn analyze_round(match_ids: &[u32]) -> Result<Vec<Analysis>, Box<dyn Error>> {
    let clerks: Vec<_> =
        match_ids.iter().map(|&id| thread::spawn(move || analyze_match(id))).collect();
    clerks.into_iter().map(|clerk| clerk.join().map_err(|_| "a thread panicked".into())).collect()
}
