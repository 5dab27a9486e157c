//! The number of a letter is the number of its match.
//! Caught by: letter-for-a-match

use std::error::Error;
use std::thread;

use exercises::season::{Analysis, analyze_match, fetch_letter};
use pool_lib::Pool;

pub fn answer_letters(letters: &[u32]) -> Result<Vec<Analysis>, Box<dyn Error>> {
    thread::scope(|office| {
        for &letter in letters {
            office.spawn(move || fetch_letter(letter));
        }
    });
    let agency = Pool::builder().processes(2).build()?;
    Ok(agency.map(analyze_match, letters.to_vec())?)
}
