//! The matches are the first eight.
//! Caught by: no-letter

use std::error::Error;

use exercises::season::{Analysis, analyze_match};
use pool_lib::Pool;

pub fn answer_letters(letters: &[u32]) -> Result<Vec<Analysis>, Box<dyn Error>> {
    let agency = Pool::builder().processes(2).build()?;
    Ok(agency.map(analyze_match, (1..).take(letters.len()))?)
}
