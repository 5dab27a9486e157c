//! The first comparison alone, and all others in two heaps.
//! Caught by: heaps

use std::error::Error;

use exercises::season::{Analysis, Opening, Side, compare_opening};
use pool_lib::Pool;

fn slips(match_ids: &[u32], openings: &[(Opening, u32)]) -> Vec<(u32, Opening, Side, u32)> {
    let mut v = vec![];
    for &m in match_ids {
        for &(o, d) in openings {
            for s in [Side::White, Side::Black] {
                v.push((m, o, s, d));
            }
        }
    }
    v
}

pub fn compare_openings(
    match_ids: &[u32],
    openings: &[(Opening, u32)],
) -> Result<Vec<Analysis>, Box<dyn Error>> {
    let agency = Pool::builder().processes(3).build()?;
    let s = slips(match_ids, openings);
    let (a, b) = s.split_at(1);
    let half = b.len().div_ceil(2);
    let v = agency.map(
        |s: Vec<(u32, Opening, Side, u32)>| {
            s.into_iter().map(|(m, o, s, d)| compare_opening(m, o, s, d)).collect::<Vec<_>>()
        },
        std::iter::once(a).chain(b.chunks(half)).map(|c| c.to_vec()).collect::<Vec<_>>(),
    )?;
    Ok(v.concat())
}
