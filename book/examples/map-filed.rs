//! The folders put right by `map`: which matches were finished first, and in which order the results come back.
//!
//! Must not know which desk did what.
//!
//! ```toml
//! output = "invariant"
//! blocks = true
//!
//! [[lines]]
//! like = 'Handed in: #1 #2 #3 #4 #5 #6 #7 #8 #9 #10'
//! count = 1
//!
//! [[lines]]
//! like = 'Finished:  #4( #\d+){9}'
//! count = 1
//!
//! [[lines]]
//! like = 'Returned:  #1 #2 #3 #4 #5 #6 #7 #8 #9 #10'
//! count = 1
//! ```

use std::error::Error;
use std::hint::black_box;

use pool_lib::{EventKind, Pool};

fn analyze_match(id: u64) -> u64 {
    let moves: u64 = if id <= 3 { 600_000_000 } else { 60_000_000 };
    let look = |sum: u64, i| sum.wrapping_add(black_box(i * i));
    black_box((0..moves).fold(0, look));
    id
}

fn main() -> Result<(), Box<dyn Error>> {
    let agency = Pool::builder().processes(4).trace(true).build()?;
    let season: Vec<u64> = (1..=10).collect();
    let returned = agency.map(analyze_match, season.clone())?;
    let mut finished = Vec::new();
    for event in agency.trace().events() {
        if let EventKind::TaskEnded { task, .. } = event.kind {
            finished.push(season[task.index as usize]);
        }
    }
    println!("Handed in: {}", row(&season));
    println!("Finished:  {}", row(&finished));
    println!("Returned:  {}", row(&returned));
    Ok(())
}

fn row(ids: &[u64]) -> String {
    ids.iter().map(|id| format!("#{id}")).collect::<Vec<_>>().join(" ")
}
