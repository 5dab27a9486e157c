//! A thread that panics is an error for whoever joins it.
//! Caught by: threads

use std::error::Error;
use std::thread;

use exercises::season::{analyze_match, leave_blank, publish};

pub fn publish_post(match_ids: &[u32]) -> Result<(), Box<dyn Error>> {
    let desks: Vec<_> =
        match_ids.iter().map(|&id| (id, thread::spawn(move || analyze_match(id)))).collect();
    for (match_id, desk) in desks {
        match desk.join() {
            Ok(analysis) => publish(&analysis)?,
            Err(_) => leave_blank(match_id),
        }
    }
    Ok(())
}
