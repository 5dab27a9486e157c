//! An agency that closes at the end of its block, on a good day and on a bad one.
//!
//! Must not know how closing is done: it never mentions it.
//!
//! ```toml
//! output = "invariant"
//!
//! [[lines]]
//! like = 'At the press:'
//! count = 2
//!
//! [[lines]]
//! like = '  pid (\d+) +[RS] +\d+ kB  agency-[0-3]'
//! count = 8
//!
//! [[lines]]
//! like = '  pid (\d+) +[RS] +\d+ kB  (exe|closing-time)'
//! count = 2
//!
//! [[lines]]
//! like = 'A good day: printed|A bad day: the press broke down'
//! count = 2
//!
//! [[lines]]
//! like = 'After closing time:'
//! count = 2
//!
//! [[lines]]
//! like = '  \(no child of this program\)'
//! count = 2
//! ```

mod process_table;

use pool_lib::Pool;

// ANCHOR: block
use std::error::Error;

fn publish(press_works: bool) -> Result<&'static str, Box<dyn Error>> {
    let agency = Pool::builder().processes(4).name("agency").build()?;
    let results = agency.map(analyze_match, 1..=10)?;
    process_table::print("At the press");
    if !press_works {
        return Err("the press broke down".into());
    }
    print_bulletin(&results);
    Ok("printed")
} // whichever way we leave, the agency is dropped here

fn main() {
    for (day, press_works) in [("A good day", true), ("A bad day", false)] {
        match publish(press_works) {
            Ok(done) => println!("{day}: {done}"),
            Err(trouble) => println!("{day}: {trouble}"),
        }
        process_table::print("After closing time");
    }
}
// ANCHOR_END: block

fn analyze_match(id: u32) -> String {
    format!("Result for Match #{id}: Analysis Clear")
}

fn print_bulletin(results: &[String]) {
    assert_eq!(results.len(), 10, "a bulletin has ten results");
}
