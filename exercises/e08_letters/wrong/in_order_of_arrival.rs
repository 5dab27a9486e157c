//! The first letter that comes is the first on the list.
//! Caught by: letters-shuffled

use std::error::Error;
use std::{sync::mpsc, thread};

use exercises::season::{Analysis, analyze_match, fetch_letter};
use pool_lib::Pool;

pub fn answer_letters(letters: &[u32]) -> Result<Vec<Analysis>, Box<dyn Error>> {
    let (post, arrived) = mpsc::channel();
    thread::scope(|office| {
        for &letter in letters {
            let post = post.clone();
            office.spawn(move || post.send(fetch_letter(letter)));
        }
    });
    drop(post);
    let agency = Pool::builder().processes(2).build()?;
    Ok(agency.map(analyze_match, arrived)?)
}
