//! `map` on a list that has no end: the wrong program of the chapter on `imap`. It never returns.
//!
//! Must not know how many matches the telegraph will send.
//!
//! ```toml
//! output = "invariant"
//! exit = "never"
//! deadline_s = 2
//!
//! [[lines]]
//! like = 'Wire: Match #(\d+)'
//! at_least = 3
//! ascending = true
//!
//! [[lines]]
//! like = 'Agent: Dispatching analysis for Match #(\d+)\.\.\.'
//! at_least = 1
//! ```

use std::error::Error;
use std::thread::sleep;
use std::time::Duration;

use pool_lib::Pool;

// ANCHOR: endless
/// The telegraph: match after match, for as long as it stands there.
fn wire() -> impl Iterator<Item = u32> {
    (1..).inspect(|id| {
        sleep(Duration::from_millis(400));
        println!("Wire: Match #{id}");
    })
}

fn main() -> Result<(), Box<dyn Error>> {
    let agency = Pool::builder().processes(4).build()?;
    for line in agency.map(analyze_match, wire())? {
        println!("{line}");
    }
    Ok(())
}
// ANCHOR_END: endless

fn analyze_match(id: u32) -> String {
    println!("Agent: Dispatching analysis for Match #{id}...");
    format!("Result for Match #{id}: Analysis Clear")
}
