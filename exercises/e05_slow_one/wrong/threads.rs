//! A thread for each match pins up what it has.
//! Caught by: threads

use std::error::Error;
use std::thread;

use exercises::season::{analyze_match, publish};

pub fn pin_up(match_ids: &[u32]) -> Result<(), Box<dyn Error>> {
    thread::scope(|hall| {
        for &match_id in match_ids {
            hall.spawn(move || publish(&analyze_match(match_id)));
        }
    });
    Ok(())
}
