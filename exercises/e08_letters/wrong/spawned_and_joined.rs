//! Whatever is spawned runs at the same time.
//! Caught by: waiting-in-line

use std::error::Error;
use std::thread;

use exercises::season::{Analysis, analyze_match, fetch_letter};
use pool_lib::Pool;

pub fn answer_letters(letters: &[u32]) -> Result<Vec<Analysis>, Box<dyn Error>> {
    let matches: Vec<u32> = thread::scope(|office| {
        let waiting = letters.iter().map(|&letter| office.spawn(move || fetch_letter(letter)));
        waiting.map(|thread| thread.join().expect("a letter")).collect()
    });
    let agency = Pool::builder().processes(2).build()?;
    Ok(agency.map(analyze_match, matches)?)
}
