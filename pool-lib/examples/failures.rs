//! Every way in which a task can end without a result, and the pool that goes on.
//!
//! Must not fail itself: each failure is caught where it belongs, at its own task.

use std::process;
use std::thread;
use std::time::Duration;

use pool_lib::Pool;

fn misbehave(how: u32) -> &'static str {
    match how {
        1 => panic!("I refuse"),
        2 => process::abort(),
        3 => process::exit(42),
        4 => thread::sleep(Duration::from_secs(3600)),
        _ => {}
    }
    "fine"
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let pool = Pool::builder().processes(2).task_timeout(Duration::from_millis(500)).build()?;
    for outcome in pool.imap(|how: u32| misbehave(how).to_owned(), 0..6) {
        match outcome {
            Ok(result) => println!("{result}"),
            Err(error) => println!("{error}"),
        }
    }
    println!("workers started: {}", pool.stats().workers_started);
    Ok(())
}
