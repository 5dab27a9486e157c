//! Two desks can answer two letters at a time.
//! Caught by: waiting-in-rows

use std::error::Error;
use std::thread;

use exercises::season::{Analysis, analyze_match, fetch_letter};
use pool_lib::Pool;

pub fn answer_letters(letters: &[u32]) -> Result<Vec<Analysis>, Box<dyn Error>> {
    let mut matches = Vec::new();
    for row in letters.chunks(2) {
        matches.extend(thread::scope(|office| {
            let waiting: Vec<_> =
                row.iter().map(|&letter| office.spawn(move || fetch_letter(letter))).collect();
            waiting.into_iter().map(|t| t.join().expect("a letter")).collect::<Vec<u32>>()
        }));
    }
    let agency = Pool::builder().processes(2).build()?;
    Ok(agency.map(analyze_match, matches)?)
}
