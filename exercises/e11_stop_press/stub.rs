//! Stop the press. The task is in README.md; grade it with `cargo test -p exercises --test
//! e11_stop_press`.

use std::error::Error;

use exercises::season::{analyze_match, publish};
use pool_lib::Pool;

/// Prints the analyses as they get done, until the press says no.
pub fn print_until_stopped(match_ids: &[u32]) -> Result<(), Box<dyn Error>> {
    let _ = (Pool::builder, analyze_match, publish); // All of it is there.
    Err(format!("nobody has opened an agency for these {} matches", match_ids.len()).into())
}
