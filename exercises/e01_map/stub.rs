//! Twenty matches, four desks. The task is in README.md; grade it with `cargo test -p exercises
//! --test e01_map`.

use std::error::Error;

use exercises::season::{Analysis, analyze_match};

/// Analyzes the matches of a season, four at the same time, and returns the analyses in the order
/// of the list.
pub fn analyze_season(match_ids: &[u32]) -> Result<Vec<Analysis>, Box<dyn Error>> {
    // Timothy's first try. It is correct, and it never hires anybody.
    let mut analyses = Vec::new();
    for &match_id in match_ids {
        analyses.push(analyze_match(match_id));
    }
    Ok(analyses)
}
