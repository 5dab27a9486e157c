//! A letter and its match are one task.
//! Caught by: waiting-at-a-desk

use std::error::Error;

use exercises::season::{Analysis, analyze_match, fetch_letter};
use pool_lib::Pool;

pub fn answer_letters(letters: &[u32]) -> Result<Vec<Analysis>, Box<dyn Error>> {
    let agency = Pool::builder().processes(2).build()?;
    Ok(agency.map(|letter| analyze_match(fetch_letter(letter)), letters.to_vec())?)
}
