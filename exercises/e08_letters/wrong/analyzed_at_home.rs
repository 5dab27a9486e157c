//! The letters were what took long.
//! Caught by: own-desk

use std::error::Error;
use std::thread;

use exercises::season::{Analysis, analyze_match, fetch_letter};

pub fn answer_letters(letters: &[u32]) -> Result<Vec<Analysis>, Box<dyn Error>> {
    let matches: Vec<u32> = thread::scope(|office| {
        let waiting: Vec<_> =
            letters.iter().map(|&letter| office.spawn(move || fetch_letter(letter))).collect();
        waiting.into_iter().map(|thread| thread.join().expect("a letter")).collect()
    });
    Ok(matches.into_iter().map(analyze_match).collect())
}
