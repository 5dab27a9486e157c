//! An iterator with `map` is a pool’s `imap`.
//! Caught by: own-desk

use std::error::Error;

use exercises::season::{Wire, analyze_match, publish};

pub fn evening_edition(wire: Wire, columns: usize) -> Result<(), Box<dyn Error>> {
    for analysis in wire.map(analyze_match).take(columns) {
        publish(&analysis)?;
    }
    Ok(())
}
