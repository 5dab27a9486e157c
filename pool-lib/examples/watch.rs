//! A pool that tells what it does while it does it, and leaves a trace for a trace viewer.
//!
//! Must not need more than the pool: a progress bar of any library can take the place of the lines.

use std::fs;
use std::sync::atomic::{AtomicU64, Ordering};

use pool_lib::{EventKind, Pool};

fn sum_of_squares(n: u64) -> u64 {
    (0..n).map(|i| std::hint::black_box(i) * i % 7).sum()
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let done = AtomicU64::new(0);
    let pool = Pool::builder()
        .processes(2)
        .trace(true)
        .on_event(move |event| {
            if let EventKind::TaskEnded { task, worker, took, .. } = &event.kind {
                let done = done.fetch_add(1, Ordering::Relaxed) + 1;
                println!("{done:2}/12  task {:2} in {worker} took {took:.1?}", task.index);
            }
        })
        .build()?;
    pool.map(sum_of_squares, (1..=12).map(|n| n * 1_000_000))?;
    let file = std::env::temp_dir().join("pool-lib-watch.json");
    fs::write(&file, pool.trace().to_chrome_json())?;
    println!("open {} in a trace viewer", file.display());
    Ok(())
}
