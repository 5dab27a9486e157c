//! Four ways to count cores, before and after giving back all but one.
//!
//! Must not know which of them a pool asks.
//!
//! ```toml
//! output = "invariant"
//! blocks = true
//!
//! [[lines]]
//! like = 'As rented: sign \d+, allowed \d+, quota (none|\d+\.\d), desks \d+'
//! count = 1
//!
//! [[lines]]
//! like = 'With one core: sign \d+, allowed 1, quota (none|\d+\.\d), desks 1'
//! count = 1
//! ```

mod allowance;
mod cores;
mod shop_window;

use std::error::Error;

use pool_lib::Pool;

// ANCHOR: counted
fn print_counts(when: &str) -> Result<(), Box<dyn Error>> {
    let sign = shop_window::cores()?; // the lines of /proc/cpuinfo
    let allowed = allowance::affinity()?; // sched_getaffinity
    let quota = allowance::quota(); // of the control group, if any
    let desks = Pool::new()?.processes();
    print_row(when, [sign, allowed, desks], quota);
    Ok(())
}

fn main() -> Result<(), Box<dyn Error>> {
    print_counts("As rented")?;
    cores::keep(1)?;
    print_counts("With one core")
}
// ANCHOR_END: counted

fn print_row(when: &str, [sign, allowed, desks]: [usize; 3], quota: Option<f64>) {
    let quota = quota.map_or("none".to_owned(), |cores| format!("{cores:.1}"));
    println!("{when}: sign {sign}, allowed {allowed}, quota {quota}, desks {desks}");
}
