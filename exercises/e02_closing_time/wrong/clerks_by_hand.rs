//! No agency at all: two clerks are hired by hand at a time.
//! Caught by: piles

use exercises::season::publish;
use std::error::Error;

pub fn publish_season(match_ids: &[u32]) -> Result<(), Box<dyn Error>> {
    use exercises::season::{hire, read_analysis};
    let mut all = Vec::new();
    for two in match_ids.chunks(2) {
        let c = two.iter().map(|&id| hire(id)).collect::<Result<Vec<_>, _>>()?;
        for c in c {
            all.push(read_analysis(&c.wait_with_output()?.stdout)?);
        }
    }
    for a in &all {
        publish(a)?;
    }
    Ok(())
}
