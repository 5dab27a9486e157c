//! What a pool promises, tried on real processes: each behavior a test of its own, by both ways of
//! starting workers.
//!
//! Must not know how the pool does it: only its public face is used. What concerns a whole process
//! (children, descriptors, threads) is tested in the binaries beside this folder.

#[allow(dead_code, reason = "each binary uses its share of it")]
mod gate;
#[allow(dead_code, reason = "as above")]
mod solitude;
mod watchdog;

/// A test that is run with both start methods.
macro_rules! both_ways {
    ($(#[$attribute:meta])* fn $name:ident($method:ident) $body:block) => {
        $(#[$attribute])*
        mod $name {
            #[allow(unused_imports, reason = "some tests need nothing from around them")]
            use super::*;

            fn body($method: pool_lib::StartMethod) $body

            #[test]
            fn fork_server() {
                let name = concat!(module_path!(), "::fork_server");
                crate::watchdog::guarded(name, || body(pool_lib::StartMethod::ForkServer));
            }

            #[test]
            fn spawn() {
                let name = concat!(module_path!(), "::spawn");
                crate::watchdog::guarded(name, || body(pool_lib::StartMethod::Spawn));
            }
        }
    };
}

mod basics;
mod laziness;
mod handles;
mod wakers;
mod errors;
mod death;
mod replacement;
mod faults;
mod recycling;
mod limits;
mod printing;
mod lifetime;
mod environment;
mod blobs;
mod settings;

use pool_lib::{Pool, StartMethod};

/// The pool that most tests use.
fn pool(method: StartMethod, processes: usize) -> Pool {
    Pool::builder().start_method(method).processes(processes).build().unwrap()
}

/// The process that runs this.
fn own_pid<T>(_: T) -> u32 {
    std::process::id()
}
