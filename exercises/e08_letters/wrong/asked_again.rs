//! What was a thread’s is asked for again when it is needed.
//! Caught by: asked-twice

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
    let matches: Vec<u32> = letters.iter().map(|&letter| fetch_letter(letter)).collect();
    let agency = Pool::builder().processes(2).build()?;
    Ok(agency.map(analyze_match, matches)?)
}
