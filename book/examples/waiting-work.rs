//! A hundred matches, which nobody has to wait for: the same ways of working, and rayon beside them, with the bill for each.
//!
//! Must not know how many cores there are, except to say so.
//!
//! ```toml
//! output = "invariant"
//! blocks = true
//!
//! [[lines]]
//! like = '100 matches, \d+ cores? +time +processor +processes +memory'
//! count = 1
//!
//! [[lines]]
//! like = '4 desks  +\d+\.\d\d s +\d+\.\d\d s +[3-6] +\d+\.\d MB'
//! count = 1
//!
//! [[lines]]
//! like = '(100 threads|rayon|async, one thread)  +\d+\.\d\d s +\d+\.\d\d s +1 +\d+\.\d MB'
//! count = 3
//! distinct = 3
//! ```

mod bill;

use std::env;
use std::error::Error;
use std::hint::black_box;
use std::thread;

use pool_lib::Pool;
use rayon::iter::{IntoParallelIterator, ParallelIterator};
use tokio::runtime;
use tokio::task::JoinSet;

/// The same machine code in each row: inlined, it took twice as long in one of them.
#[inline(never)]
fn analyze_match(id: u32) -> String {
    let look = |sum: u64, i| sum.wrapping_add(black_box(i * i));
    black_box((0..10_000_000_u64).fold(0, look));
    format!("Result for Match #{id}: Analysis Clear")
}

// ANCHOR: ways
fn at_desks() -> Result<(), Box<dyn Error>> {
    let agency = Pool::builder().processes(4).build()?;
    agency.map(analyze_match, 1..=100)?;
    Ok(())
}

fn on_threads() {
    thread::scope(|room| {
        for id in 1..=100 {
            room.spawn(move || analyze_match(id));
        }
    });
}

fn with_rayon() -> Vec<String> {
    (1..=100).into_par_iter().map(analyze_match).collect()
}

async fn on_one_thread() {
    let mut begun = JoinSet::new();
    for id in 1..=100 {
        begun.spawn(async move { analyze_match(id) });
    }
    begun.join_all().await;
}
// ANCHOR_END: ways

const WAYS: [&str; 4] = ["4 desks", "100 threads", "rayon", "async, one thread"];

fn main() -> Result<(), Box<dyn Error>> {
    if let Some(way) = env::args().nth(1) {
        return work(&way); // this copy is being watched
    }
    let cores = thread::available_parallelism()?.get();
    bill::head(&format!("100 matches, {cores} core{}", if cores == 1 { "" } else { "s" }));
    WAYS.iter().try_for_each(|way| bill::of(way, &[]))
}

fn work(way: &str) -> Result<(), Box<dyn Error>> {
    match way {
        "4 desks" => at_desks()?,
        "100 threads" => on_threads(),
        "rayon" => drop(with_rayon()),
        _ => runtime::Builder::new_current_thread().build()?.block_on(on_one_thread()),
    }
    Ok(())
}
