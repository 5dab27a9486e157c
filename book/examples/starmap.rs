//! The card with three columns, each number with the name of its column.
//!
//! Must not know which desk takes which row.
//!
//! ```toml
//! output = "exact"
//! ```

use std::error::Error;
use std::hint::black_box;

use pool_lib::Pool;

// ANCHOR: newtypes
use serde::{Deserialize, Serialize};

#[derive(Clone, Copy, Serialize, Deserialize)]
struct Match(u32);

#[derive(Clone, Copy, Serialize, Deserialize)]
struct Move(u32);

#[derive(Clone, Copy, Serialize, Deserialize)]
struct Depth(u32);

fn analyze_position(id: Match, first: Move, depth: Depth) -> String {
    look_ahead(depth);
    let (id, first, depth) = (id.0, first.0, depth.0);
    format!("Match #{id} from move {first}, {depth} moves deep")
}
// ANCHOR_END: newtypes

/// The deeper, the longer.
fn look_ahead(depth: Depth) {
    let look = |sum: u64, i| sum.wrapping_add(black_box(i * i));
    black_box((0..u64::from(depth.0) * 40_000_000).fold(0, look));
}

/// The card: how deep to look, which match, from which move on.
#[rustfmt::skip]
const CARD: [(u32, u32, u32); 9] = [
    (3, 12, 31), (5,  7, 18), (2, 20,  9),
    (9, 14, 40), (4,  1, 12), (2,  3, 25),
    (6,  9, 16), (3, 18, 33), (2,  5, 11),
];

fn main() -> Result<(), Box<dyn Error>> {
    // ANCHOR: rows
    let name = |(d, id, m)| (Match(id), Move(m), Depth(d));
    let rows = CARD.map(name);
    let agency = Pool::builder().processes(3).build()?;
    for line in agency.starmap(analyze_position, rows)? {
        println!("{line}");
    }
    // ANCHOR_END: rows
    Ok(())
}
