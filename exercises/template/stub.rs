//! A title of its own. The task is in README.md; grade it with `cargo test -p exercises --test
//! template`.

use std::error::Error;

use exercises::season::{Analysis, analyze_match};

/// Analyzes the matches of the list, two at the same time, and returns the analyses in its order.
pub fn analyze_list(match_ids: &[u32]) -> Result<Vec<Analysis>, Box<dyn Error>> {
    Ok(match_ids.iter().map(|&match_id| analyze_match(match_id)).collect())
}
