//! Three rows are three tasks, and all other rows are one.
//! Caught by: piles

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
    let (head, tail) = rows.split_at(3);
    let mut out = agency.starmap(analyze_position, head.to_vec())?;
    out.extend(agency.apply(
        |rest: Vec<(u32, u32, u32)>| {
            rest.into_iter().map(|(m, f, d)| analyze_position(m, f, d)).collect::<Vec<_>>()
        },
        tail.to_vec(),
    )?);
    Ok(out)
}
