//! Each desk gets half of the matches and a thread for each of them.
//! Caught by: threads-at-a-desk

use std::error::Error;
use std::thread;

use exercises::season::{Analysis, analyze_match, fetch_letter};
use pool_lib::Pool;

fn fetched(letters: &[u32]) -> Vec<u32> {
    thread::scope(|s| {
        let h: Vec<_> = letters.iter().map(|&l| s.spawn(move || fetch_letter(l))).collect();
        h.into_iter().map(|h| h.join().unwrap()).collect()
    })
}

pub fn answer_letters(letters: &[u32]) -> Result<Vec<Analysis>, Box<dyn Error>> {
    let m = fetched(letters);
    let agency = Pool::builder().processes(2).build()?;
    let x = agency.map(
        |four: Vec<u32>| {
            thread::scope(|s| {
                let h: Vec<_> =
                    four.into_iter().map(|m| s.spawn(move || analyze_match(m))).collect();
                h.into_iter().map(|h| h.join().unwrap()).collect::<Vec<_>>()
            })
        },
        m.chunks(4).map(|c| c.to_vec()),
    )?;
    Ok(x.concat())
}
