//! A card with three columns, handed over as it is written, to a function that wants them in another order.
//!
//! Must not know which number is which. That is what is wrong with it.
//!
//! ```toml
//! output = "exact"
//! ```

use std::error::Error;

use pool_lib::Pool;

// ANCHOR: swapped
fn analyze_position(id: u32, first: u32, depth: u32) -> String {
    format!("Match #{id} from move {first}, {depth} moves deep")
}

// The card: how deep to look, which match, from which move on.
#[rustfmt::skip]
const CARD: [(u32, u32, u32); 9] = [
    (3, 12, 31), (5,  7, 18), (2, 20,  9),
    (9, 14, 40), (4,  1, 12), (2,  3, 25),
    (6,  9, 16), (3, 18, 33), (2,  5, 11),
];

fn main() -> Result<(), Box<dyn Error>> {
    let agency = Pool::builder().processes(3).build()?;
    for line in agency.starmap(analyze_position, CARD)? {
        println!("{line}");
    }
    Ok(())
}
// ANCHOR_END: swapped
