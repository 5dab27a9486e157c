//! Thirty columns from a wire without an end. The task is in README.md; grade it with `cargo test -p
//! exercises --test e04_telegraph`.

use std::error::Error;

use exercises::season::{Wire, analyze_match, publish};
use pool_lib::Pool;

/// Prints the analyses of the first matches that come over the wire, at most six behind it.
pub fn evening_edition(wire: Wire, columns: usize) -> Result<(), Box<dyn Error>> {
    let agency = Pool::builder().processes(3).build()?;
    // "It takes a list. Nobody said that a list must have an end." Timothy
    let analyses = agency.map(analyze_match, wire)?;
    for analysis in analyses.iter().take(columns) {
        publish(analysis)?;
    }
    Ok(())
}
