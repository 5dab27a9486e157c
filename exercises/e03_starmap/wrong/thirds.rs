//! The card is cut into three tasks, one for each desk.
//! Caught by: full-only-at-first

use exercises::season::{Analysis, analyze_position};
use pool_lib::Pool;
use std::error::Error;

pub fn analyze_card(
    depths: &[u32],
    match_ids: &[u32],
    first_moves: &[u32],
) -> Result<Vec<Analysis>, Box<dyn Error>> {
    let rows: Vec<(u32, u32, u32)> =
        depths.iter().zip(match_ids).zip(first_moves).map(|((&d, &m), &f)| (m, f, d)).collect();
    let agency = Pool::builder().processes(3).build()?;
    let thirds: Vec<Vec<_>> = rows.chunks(rows.len().div_ceil(3)).map(<[_]>::to_vec).collect();
    Ok(agency
        .map(
            |third: Vec<(u32, u32, u32)>| {
                third.into_iter().map(|(m, f, d)| analyze_position(m, f, d)).collect::<Vec<_>>()
            },
            thirds,
        )?
        .concat())
}
