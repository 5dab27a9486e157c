//! One slow match holds up nobody. The task is in README.md; grade it with `cargo test -p exercises
//! --test e05_slow_one`.

use std::error::Error;

use exercises::season::{analyze_match, publish};
use pool_lib::Pool;

/// Pins up the analyses of these matches, each as soon as it is done.
pub fn pin_up(match_ids: &[u32]) -> Result<(), Box<dyn Error>> {
    let agency = Pool::builder().processes(3).build()?;
    // "As they come, it says on the card." Timothy
    for analysis in agency.imap(analyze_match, match_ids.to_vec()) {
        publish(&analysis?)?;
    }
    Ok(())
}
