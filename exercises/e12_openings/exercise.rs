//! Every match with every opening. The task is in README.md; grade it with `cargo test -p exercises --test
//! e12_openings`.

use std::error::Error;

use exercises::season::{Analysis, Opening, Side, compare_opening};
use pool_lib::Pool;

/// Compares every match with every opening, as White and as Black, each opening to its own depth.
pub fn compare_openings(
    match_ids: &[u32],
    openings: &[(Opening, u32)],
) -> Result<Vec<Analysis>, Box<dyn Error>> {
    let _ = (Pool::builder, compare_opening, [Side::White, Side::Black]); // All of it is there.
    let (matches, openings) = (match_ids.len(), openings.len());
    Err(format!("nobody has compared {matches} matches with {openings} openings yet").into())
}
