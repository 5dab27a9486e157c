//! A thread waits for each letter, and costs nothing while it does; the work goes to two desks.

use std::error::Error;
use std::thread;

use exercises::season::{Analysis, analyze_match, fetch_letter};
use pool_lib::Pool;

/// Fetches all letters, waiting for them at the same time, and has their matches analyzed at two
/// desks.
pub fn answer_letters(letters: &[u32]) -> Result<Vec<Analysis>, Box<dyn Error>> {
    let matches: Vec<u32> = thread::scope(|office| {
        let waiting: Vec<_> =
            letters.iter().map(|&letter| office.spawn(move || fetch_letter(letter))).collect();
        waiting.into_iter().map(|thread| thread.join().expect("a letter")).collect()
    });
    let agency = Pool::builder().processes(2).build()?;
    Ok(agency.map(analyze_match, matches)?)
}
