//! A hundred letters, fetched by four ways of waiting, with the bill for each.
//!
//! Must not know how long a letter takes.
//!
//! ```toml
//! output = "invariant"
//! blocks = true
//!
//! [[lines]]
//! like = '100 letters  +time +processor +processes +memory'
//! count = 1
//!
//! [[lines]]
//! like = '4 desks  +\d+\.\d\d s +\d+\.\d\d s +[3-6] +\d+\.\d MB'
//! count = 1
//!
//! [[lines]]
//! like = '100 desks  +\d+\.\d\d s +\d+\.\d\d s +\d{2,3} +\d+\.\d MB'
//! count = 1
//!
//! [[lines]]
//! like = '100 threads  +\d+\.\d\d s +\d+\.\d\d s +1 +\d+\.\d MB'
//! count = 1
//!
//! [[lines]]
//! like = 'async, one thread  +\d+\.\d\d s +\d+\.\d\d s +1 +\d+\.\d MB'
//! count = 1
//! ```

mod bill;
mod post_office;

use std::env;
use std::error::Error;
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::thread;

use pool_lib::Pool;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::runtime;
use tokio::task::JoinSet;

fn fetch(office: SocketAddr, club: u32) -> String {
    let mut wire = TcpStream::connect(office).expect("an open office");
    wire.write_all(&club.to_be_bytes()).expect("an address");
    let mut letter = String::new();
    wire.read_to_string(&mut letter).expect("an answer");
    letter
}

// ANCHOR: async
async fn ask(office: SocketAddr, club: u32) -> io::Result<String> {
    let mut wire = tokio::net::TcpStream::connect(office).await?;
    wire.write_all(&club.to_be_bytes()).await?;
    let mut letter = String::new();
    wire.read_to_string(&mut letter).await?;
    Ok(letter)
}
// ANCHOR_END: async

// ANCHOR: ways
type Done = Result<(), Box<dyn Error>>;

fn at_desks(desks: usize, office: SocketAddr) -> Done {
    let agency = Pool::builder().processes(desks).build()?;
    agency.starmap(fetch, (1..=100).map(|club| (office, club)))?;
    Ok(())
}

fn on_threads(office: SocketAddr) {
    thread::scope(|room| {
        for club in 1..=100 {
            room.spawn(move || fetch(office, club));
        }
    });
}

async fn on_one_thread(office: SocketAddr) {
    let mut asked = JoinSet::new();
    for club in 1..=100 {
        asked.spawn(ask(office, club));
    }
    asked.join_all().await;
}
// ANCHOR_END: ways

const WAYS: [&str; 4] = ["4 desks", "100 desks", "100 threads", "async, one thread"];

fn main() -> Done {
    let arguments: Vec<String> = env::args().skip(1).collect();
    if let [way, office] = &arguments[..] {
        return work(way, office.parse()?); // this copy is being watched
    }
    let office = post_office::open()?.to_string();
    bill::head("100 letters");
    WAYS.iter().try_for_each(|way| bill::of(way, std::slice::from_ref(&office)))
}

fn work(way: &str, office: SocketAddr) -> Done {
    match way {
        "4 desks" => at_desks(4, office)?,
        "100 desks" => at_desks(100, office)?,
        "100 threads" => on_threads(office),
        _ => {
            let one = runtime::Builder::new_current_thread().enable_io().build()?;
            one.block_on(on_one_thread(office));
        }
    }
    Ok(())
}
