//! Results are as good in one order as in another.
//! Caught by: order

use std::error::Error;
use std::thread;

use exercises::season::{Analysis, analyze_match, fetch_letter};
use pool_lib::Pool;

pub fn answer_letters(letters: &[u32]) -> Result<Vec<Analysis>, Box<dyn Error>> {
    let matches: Vec<u32> = thread::scope(|office| {
        let waiting: Vec<_> =
            letters.iter().map(|&letter| office.spawn(move || fetch_letter(letter))).collect();
        waiting.into_iter().map(|thread| thread.join().expect("a letter")).collect()
    });
    let agency = Pool::builder().processes(2).build()?;
    Ok(agency.imap_unordered(analyze_match, matches).collect::<Result<_, _>>()?)
}
