//! A post office on this machine, which answers every letter after a fixed time. It stands in for the slow end of a download.
//!
//! Must not know who writes, or how they wait.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

/// How long a letter takes.
const ON_THE_WAY: Duration = Duration::from_millis(30);

/// Opens an office that stays open for as long as the program runs, and says where it is.
pub(crate) fn open() -> io::Result<SocketAddr> {
    let counter = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let address = counter.local_addr()?;
    thread::spawn(move || {
        for caller in counter.incoming().flatten() {
            // A caller who hangs up is no loss to anybody else.
            thread::spawn(move || answer(caller));
        }
    });
    Ok(address)
}

/// Reads the number of a club, waits, and answers.
fn answer(mut caller: TcpStream) -> io::Result<()> {
    let mut club = [0; 4];
    caller.read_exact(&mut club)?;
    thread::sleep(ON_THE_WAY);
    write!(caller, "Results of club {}", u32::from_be_bytes(club))
}
