//! Eight letters and two desks. The task is in README.md; grade it with `cargo test -p exercises
//! --test e08_letters`.

use std::error::Error;

use exercises::season::{Analysis, analyze_match, fetch_letter};
use pool_lib::Pool;

/// Fetches all letters, waiting for them at the same time, and has their matches analyzed at two
/// desks.
pub fn answer_letters(letters: &[u32]) -> Result<Vec<Analysis>, Box<dyn Error>> {
    let mut matches = Vec::new();
    for &letter in letters {
        // "The post comes when it comes." Timothy
        matches.push(fetch_letter(letter));
    }
    let agency = Pool::builder().processes(2).build()?;
    Ok(agency.map(analyze_match, matches)?)
}
