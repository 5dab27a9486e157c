//! Threads leave nothing behind, so they are the better desks.
//! Caught by: threads

use std::error::Error;
use std::thread;

use exercises::season::{analyze_match, publish};

pub fn publish_season(match_ids: &[u32]) -> Result<(), Box<dyn Error>> {
    let analyses: Vec<_> = thread::scope(|scope| {
        let desks: Vec<_> =
            match_ids.iter().map(|&id| scope.spawn(move || analyze_match(id))).collect();
        desks.into_iter().map(|desk| desk.join().expect("an analysis does not panic")).collect()
    });
    for analysis in &analyses {
        publish(analysis)?;
    }
    Ok(())
}
