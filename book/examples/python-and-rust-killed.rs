//! A worker that is killed in the middle of a match: who is told?
//!
//! Must not know which match it is.
//!
//! ```toml
//! output = "invariant"
//!
//! [[lines]]
//! like = 'Match #([12]|[4-9]|10)'
//! count = 9
//! distinct = 9
//!
//! [[lines]]
//! like = 'No result: task 2 .*SIGKILL.*'
//! count = 1
//! ```

use std::error::Error;

use nix::sys::signal::{Signal::SIGKILL, kill};
use nix::unistd::getpid;
use pool_lib::Pool;

// ANCHOR: killed
fn analyze_match(id: u32) -> String {
    if id == 3 {
        kill(getpid(), SIGKILL).expect("one may kill oneself");
    }
    format!("Match #{id}")
}

fn main() -> Result<(), Box<dyn Error>> {
    let agency = Pool::builder().processes(4).build()?;
    for result in agency.imap_unordered(analyze_match, 1..=10) {
        match result {
            Ok(line) => println!("{line}"),
            Err(error) => println!("No result: {error}"),
        }
    }
    Ok(())
}
// ANCHOR_END: killed
