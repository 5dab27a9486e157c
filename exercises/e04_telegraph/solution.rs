//! `imap` reads the wire only as far as its window, and `take` behind it ends the call.

use std::error::Error;

use exercises::season::{Wire, analyze_match, publish};
use pool_lib::Pool;

/// Prints the analyses of the first matches that come over the wire, at most six behind it.
pub fn evening_edition(wire: Wire, columns: usize) -> Result<(), Box<dyn Error>> {
    let agency = Pool::builder().processes(3).build()?;
    for analysis in agency.call().window(6).imap(analyze_match, wire).take(columns) {
        publish(&analysis?)?;
    }
    Ok(())
}
