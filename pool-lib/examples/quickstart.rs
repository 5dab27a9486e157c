//! The smallest program with a pool.
//!
//! Must not show more than a newcomer needs.

use pool_lib::Pool;

fn analyze(game: u32) -> String {
    format!("game {game}, analyzed by process {}", std::process::id())
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let pool = Pool::new()?;
    for line in pool.map(analyze, 1..=8)? {
        println!("{line}");
    }
    Ok(())
}
