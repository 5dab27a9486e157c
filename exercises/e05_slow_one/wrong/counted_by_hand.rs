//! Handles for the first three; the others are handed over one at a time.
//! Caught by: full-only-at-first

use exercises::season::{analyze_match, publish};
use pool_lib::Pool;
use std::error::Error;

pub fn pin_up(match_ids: &[u32]) -> Result<(), Box<dyn Error>> {
    let agency = Pool::builder().processes(3).build()?;
    let (head, tail) = match_ids.split_at(3);
    let hs: Vec<_> = head.iter().map(|&id| agency.apply_async(analyze_match, id)).collect();
    let mut hs: Vec<_> = hs.into_iter().map(Some).collect();
    let mut done = 0;
    while done < 2 {
        for h in hs.iter_mut() {
            if h.as_ref().is_some_and(|h| h.is_ready()) {
                publish(&h.take().unwrap().wait()?)?;
                done += 1;
            }
        }
        std::thread::yield_now();
    }
    for &id in tail {
        publish(&agency.apply(analyze_match, id)?)?;
    }
    for h in hs.into_iter().flatten() {
        publish(&h.wait()?)?;
    }
    Ok(())
}
