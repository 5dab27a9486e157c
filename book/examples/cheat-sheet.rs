//! Every verb once, with the type that it returns: the lines of the cheat sheet.
//!
//! Must not know more than fits on one page.
//!
//! ```toml
//! output = "exact"
//! ```

use std::error::Error;
use std::time::Duration;

use pool_lib::{Imap, ImapUnordered, MapHandle, Pool, TaskHandle};

fn analyze_match(id: u32) -> String {
    format!("Result for Match #{id}: Analysis Clear")
}

fn compare(white: u32, black: u32) -> u32 {
    white.abs_diff(black)
}

/// What the sheet quotes begins at the margin and ends with its line: what to say, and the type of what it gives.
#[rustfmt::skip]
fn main() -> Result<(), Box<dyn Error>> {
let agency =
// ANCHOR: new
Pool::new()?
// ANCHOR_END: new
;
let all:
// ANCHOR: map-type
Vec<String>
// ANCHOR_END: map-type
=
// ANCHOR: map
agency.map(analyze_match, 1..=10)?
// ANCHOR_END: map
;
let gaps:
// ANCHOR: starmap-type
Vec<u32>
// ANCHOR_END: starmap-type
=
// ANCHOR: starmap
agency.starmap(compare, [(1, 4), (9, 7)])?
// ANCHOR_END: starmap
;
let calm:
// ANCHOR: imap-type
Imap<_, String>
// ANCHOR_END: imap-type
=
// ANCHOR: imap
agency.imap(analyze_match, 1..)
// ANCHOR_END: imap
;
let quick:
// ANCHOR: imap_unordered-type
ImapUnordered<_, String>
// ANCHOR_END: imap_unordered-type
=
// ANCHOR: imap_unordered
agency.imap_unordered(analyze_match, 1..)
// ANCHOR_END: imap_unordered
;
let one:
// ANCHOR: apply-type
String
// ANCHOR_END: apply-type
=
// ANCHOR: apply
agency.apply(analyze_match, 7)?
// ANCHOR_END: apply
;
let later:
// ANCHOR: map_async-type
MapHandle<String>
// ANCHOR_END: map_async-type
=
// ANCHOR: map_async
agency.map_async(analyze_match, 1..=10)
// ANCHOR_END: map_async
;
let soon:
// ANCHOR: apply_async-type
TaskHandle<String>
// ANCHOR_END: apply_async-type
=
// ANCHOR: apply_async
agency.apply_async(analyze_match, 7)
// ANCHOR_END: apply_async
;
let minute = Duration::from_secs(60);
let limited =
// ANCHOR: call
agency.call().timeout(minute).map(analyze_match, 1..=10)?
// ANCHOR_END: call
;
let waited =
// ANCHOR: wait
later.wait()?
// ANCHOR_END: wait
;
let (calm, quick) = (calm.take(3).count(), quick.take(3).count());
// ANCHOR: finish
agency.close(); agency.join();
// ANCHOR_END: finish
// ANCHOR: terminate
agency.terminate();
// ANCHOR_END: terminate

println!("map: {} results\nstarmap: {gaps:?}\nimap: {calm}\nimap_unordered: {quick}", all.len());
println!("apply: {one}\nmap_async: {} results\napply_async: {}", waited.len(), soon.wait()?);
println!("call, map: {} results", limited.len());
Ok(())
}
