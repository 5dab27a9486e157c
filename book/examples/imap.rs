//! Five results from a telegraph that never stops, each in hand before much more is read.
//!
//! Must not know how many matches the telegraph will send.
//!
//! ```toml
//! output = "invariant"
//!
//! [[lines]]
//! like = 'Wire: Match #(\d+)'
//! at_least = 7
//! at_most = 10
//! ascending = true
//!
//! [[lines]]
//! like = 'Result for Match #([1-5]): Analysis Clear'
//! count = 5
//! ascending = true
//! ```

use std::error::Error;

use pool_lib::Pool;

// ANCHOR: imap
fn wire() -> impl Iterator<Item = u32> {
    (1..).inspect(|id| println!("Wire: Match #{id}"))
}

fn main() -> Result<(), Box<dyn Error>> {
    let agency = Pool::builder().processes(4).build()?;
    let call = agency.call().window(6);
    for result in call.imap(analyze_match, wire()).take(5) {
        println!("{}", result?);
    }
    Ok(())
}
// ANCHOR_END: imap

fn analyze_match(id: u32) -> String {
    format!("Result for Match #{id}: Analysis Clear")
}
