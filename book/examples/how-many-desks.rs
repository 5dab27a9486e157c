//! Eight matches at four desks, for a tenant who may use one core: how long the work was, and how long the day.
//!
//! Must not know that there is only one core until it has counted the time.
//!
//! ```toml
//! output = "invariant"
//! blocks = true
//!
//! [[lines]]
//! like = 'On the sign: \d+ cores?'
//! count = 1
//!
//! [[lines]]
//! like = 'Work for one core: +\d\.\d\d s'
//! count = 1
//!
//! [[lines]]
//! like = 'Shared as on the sign: +\d\.\d\d s'
//! count = 1
//!
//! [[lines]]
//! like = 'From open to close: +\d+\.\d\d s'
//! count = 1
//! ```

mod cores;
mod shop_window;
mod work_time;

use std::error::Error;
use std::hint::black_box;
use std::time::Instant;

use pool_lib::Pool;

fn analyze_match(_id: u32) {
    let look = |sum: u64, i| sum.wrapping_add(black_box(i * i));
    black_box((0..200_000_000_u64).fold(0, look));
}

fn main() -> Result<(), Box<dyn Error>> {
    let sign = shop_window::cores()?;
    println!("On the sign: {sign} core{}", if sign == 1 { "" } else { "s" });
    cores::keep(1)?;
    let (before, opening) = (work_time::total()?, Instant::now());
    // ANCHOR: desks
    let agency = Pool::builder().processes(4).build()?;
    agency.map(analyze_match, 1..=8)?;
    // ANCHOR_END: desks
    drop(agency);
    let day = opening.elapsed().as_secs_f64();
    let work = (work_time::total()? - before).as_secs_f64();
    println!("Work for one core:     {work:.2} s");
    println!("Shared as on the sign: {:.2} s", work / sign.min(4) as f64);
    println!("From open to close:    {day:.2} s");
    // The promise of the chapter, whatever else the machine does. The kernel counts in ticks, and may be off by some.
    assert!(day > 0.9 * work, "one core has worked {work} s in {day} s");
    Ok(())
}
