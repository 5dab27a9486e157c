//! Four clerks hired by hand and never asked how it went: what the kernel then keeps, what killing does to it, and what asking
//! does.
//!
//! Must not know the pool. It asks at its end, so that nothing is left behind.
//!
//! ```toml
//! output = "invariant"
//!
//! [[lines]]
//! like = 'Result for Match #(\d+): Analysis Clear'
//! count = 4
//! distinct = 4
//!
//! [[lines]]
//! like = 'Four analyses later:|After kill:|After asking:'
//! count = 3
//!
//! [[lines]]
//! like = '  pid (\d+) +Z +0 kB  clerk'
//! count = 8
//! distinct = 4
//!
//! [[lines]]
//! like = 'Clerk (\d+) says: exit status: 0'
//! count = 4
//! distinct = 4
//!
//! [[lines]]
//! like = '  \(no child of this program\)'
//! count = 1
//! ```

mod process_table;

use std::env;
use std::error::Error;
use std::process::{Child, Command};

use nix::sys::prctl;
use nix::sys::wait::{Id, WaitPidFlag, waitid};
use nix::unistd::Pid;

// ANCHOR: hire
fn main() -> Result<(), Box<dyn Error>> {
    if let Some(id) = env::args().nth(1) {
        return analyze_match(&id); // this copy is a clerk
    }
    let mut clerks = Vec::new();
    for id in 1..=4 {
        let mut clerk = Command::new(env::current_exe()?);
        clerks.push(clerk.arg(id.to_string()).spawn()?);
    }
    watch_the_door(&clerks)?; // until all four have left
    process_table::print("Four analyses later");
    // ANCHOR_END: hire

    // ANCHOR: kill
    for clerk in &mut clerks {
        clerk.kill()?;
    }
    process_table::print("After kill");
    // ANCHOR_END: kill

    // ANCHOR: ask
    for clerk in &mut clerks {
        println!("Clerk {} says: {}", clerk.id(), clerk.wait()?);
    }
    process_table::print("After asking");
    // ANCHOR_END: ask
    Ok(())
}

fn analyze_match(id: &str) -> Result<(), Box<dyn Error>> {
    prctl::set_name(c"clerk")?;
    println!("Result for Match #{id}: Analysis Clear");
    Ok(())
}

/// Sees everybody leave without asking anybody how it went: `WNOWAIT` leaves that to whoever waits.
fn watch_the_door(clerks: &[Child]) -> Result<(), Box<dyn Error>> {
    for clerk in clerks {
        let pid = Pid::from_raw(clerk.id().try_into()?);
        waitid(Id::Pid(pid), WaitPidFlag::WEXITED | WaitPidFlag::WNOWAIT)?;
    }
    Ok(())
}
