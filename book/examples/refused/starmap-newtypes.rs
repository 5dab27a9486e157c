//! The card as it is written, to a function that wants its columns in another order: now they have names.
//!
//! Must not compile. `starmap-refused` shows what the compiler says.

use std::error::Error;

use pool_lib::Pool;
use serde::{Deserialize, Serialize};

#[derive(Clone, Copy, Serialize, Deserialize)]
struct Match(u32);

#[derive(Clone, Copy, Serialize, Deserialize)]
struct Move(u32);

#[derive(Clone, Copy, Serialize, Deserialize)]
struct Depth(u32);

fn analyze_position(id: Match, first: Move, depth: Depth) -> String {
    let (id, first, depth) = (id.0, first.0, depth.0);
    format!("Match #{id} from move {first}, {depth} moves deep")
}

fn main() -> Result<(), Box<dyn Error>> {
    let agency = Pool::builder().processes(3).build()?;
    let card = [(3, 12, 31), (5, 7, 18), (2, 20, 9)];
    // ANCHOR: rows
    let name = |(d, id, m)| (Depth(d), Match(id), Move(m));
    let rows = card.map(name);
    for line in agency.starmap(analyze_position, rows)? {
        println!("{line}");
    }
    // ANCHOR_END: rows
    Ok(())
}
