//! A program without the hook before `main`: it must call `init`, and with the argument `forget` it does not.
//!
//! Must not be built with the feature `auto-init`.

use std::fs::OpenOptions;
use std::io::Write;
use std::os::unix::process::parent_id;
use std::process::{exit, id};
use std::{env, fs};

use pool_lib::{Pool, StartMethod};

fn main() {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [manner, method, seen] = &arguments[..] else { panic!("{arguments:?}") };
    if manner != "forget" {
        pool_lib::init();
    }
    // Every process that comes to this place leaves a line.
    let mut file = OpenOptions::new().append(true).create(true).open(seen).unwrap();
    file.write_all(format!("{} {}\n", id(), parent_id()).as_bytes()).unwrap();
    assert!(fs::read_to_string(seen).unwrap().lines().count() < 100, "this program multiplies");
    let method = if method == "spawn" { StartMethod::Spawn } else { StartMethod::ForkServer };
    match Pool::builder().processes(2).start_method(method).build() {
        Ok(pool) => println!("{:?}", pool.map(|n: u64| n + 1, 0..5).unwrap()),
        Err(error) => {
            eprintln!("{error}");
            exit(3);
        }
    }
}
