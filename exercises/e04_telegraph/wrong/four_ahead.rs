//! One match more than desks is enough of a window.
//! Caught by: narrow-window

use std::error::Error;

use exercises::season::{Wire, analyze_match, publish};
use pool_lib::Pool;

pub fn evening_edition(wire: Wire, columns: usize) -> Result<(), Box<dyn Error>> {
    let agency = Pool::builder().processes(3).build()?;
    for analysis in agency.call().window(4).imap(analyze_match, wire).take(columns) {
        publish(&analysis?)?;
    }
    Ok(())
}
