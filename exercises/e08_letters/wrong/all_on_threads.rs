//! Who has fetched the letter may as well analyze the match.
//! Caught by: threads

use std::error::Error;
use std::thread;

use exercises::season::{Analysis, analyze_match, fetch_letter};

pub fn answer_letters(letters: &[u32]) -> Result<Vec<Analysis>, Box<dyn Error>> {
    Ok(thread::scope(|office| {
        let waiting: Vec<_> = letters
            .iter()
            .map(|&letter| office.spawn(move || analyze_match(fetch_letter(letter))))
            .collect();
        waiting.into_iter().map(|thread| thread.join().expect("an analysis")).collect()
    }))
}
