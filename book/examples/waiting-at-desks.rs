//! A hundred letters fetched by four desks: all of them busy, and the processor asleep.
//!
//! Must not know how long a letter takes.
//!
//! ```toml
//! output = "invariant"
//!
//! [[lines]]
//! like = '100 letters in \d+\.\d\d s'
//! count = 1
//!
//! [[lines]]
//! like = 'Desks stood empty for \d+ % of that time'
//! count = 1
//!
//! [[lines]]
//! like = 'Processor time of all desks: 0\.\d\d s'
//! count = 1
//! ```

mod post_office;

use std::error::Error;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike;
use pool_lib::{EventKind, Pool};

// ANCHOR: fetch
fn fetch(office: SocketAddr, club: u32) -> String {
    let mut wire = TcpStream::connect(office).expect("an open office");
    wire.write_all(&club.to_be_bytes()).expect("an address");
    let mut letter = String::new();
    wire.read_to_string(&mut letter).expect("an answer");
    letter
}
// ANCHOR_END: fetch

fn main() -> Result<(), Box<dyn Error>> {
    let office = post_office::open()?;
    let agency = Pool::builder().processes(4).trace(true).build()?;
    let begun = Instant::now();
    let clubs = (1..=100).map(|club| (office, club));
    let letters = agency.starmap(fetch, clubs)?;
    println!("{} letters in {:.2} s", letters.len(), begun.elapsed().as_secs_f64());
    let day = begun.elapsed();
    let mut busy = Duration::ZERO;
    for event in agency.trace().events() {
        if let EventKind::TaskEnded { took, .. } = event.kind {
            busy += took;
        }
    }
    let empty = 100.0 * (1.0 - busy.as_secs_f64() / (4.0 * day.as_secs_f64()));
    println!("Desks stood empty for {empty:.0} % of that time");
    drop(agency);
    let spent = getrusage(UsageWho::RUSAGE_CHILDREN)?;
    let spent_ms = spent.user_time().num_milliseconds() + spent.system_time().num_milliseconds();
    println!("Processor time of all desks: {:.2} s", f64::from(u32::try_from(spent_ms)?) / 1000.0);
    Ok(())
}
