//! A `static` is the same everywhere in the program.
//! Caught by: empty-pocket

use std::error::Error;
use std::sync::atomic::{AtomicU32, Ordering};

use exercises::season::{Analysis, Opening, Side, compare_opening};
use pool_lib::Pool;

static DEPTH: AtomicU32 = AtomicU32::new(0);

fn compare(match_id: u32, opening: Opening, side: Side) -> Analysis {
    compare_opening(match_id, opening, side, DEPTH.load(Ordering::Relaxed))
}

pub fn compare_openings(
    match_ids: &[u32],
    openings: &[(Opening, u32)],
) -> Result<Vec<Analysis>, Box<dyn Error>> {
    let agency = Pool::builder().processes(3).build()?;
    let mut analyses = Vec::new();
    for &match_id in match_ids {
        for &(opening, depth) in openings {
            DEPTH.store(depth, Ordering::Relaxed);
            let slips = [(match_id, opening, Side::White), (match_id, opening, Side::Black)];
            analyses.extend(agency.starmap(compare, slips)?);
        }
    }
    Ok(analyses)
}
