//! Workers that go wrong at exact points inside the crate's own code, by both ways of starting them.
//!
//! A part of the crate's own tests, because only there the points exist. Each test has a process of its own, so that
//! the plan of its faults is its own, and what is left of it can be seen.
//!
//! Must not use more of the crate than the plan of faults and the public face.

#[path = "../it/gate.rs"]
#[allow(dead_code, reason = "each binary uses its share of it")]
mod gate;
#[path = "../leftovers/snapshot.rs"]
#[allow(dead_code, reason = "each binary uses its share of it")]
mod snapshot;
#[path = "../it/solitude.rs"]
#[allow(dead_code, reason = "each binary uses its share of it")]
mod solitude;
#[path = "../it/watchdog.rs"]
mod watchdog;

/// A test that is run with both start methods, each in a process with a plan of faults.
macro_rules! planned {
    ($(#[$attribute:meta])* fn $name:ident($method:ident, $plan:ident) $body:block) => {
        $(#[$attribute])*
        mod $name {
            use super::*;

            fn body($method: crate::StartMethod, $plan: &crate::fault::Plan) $body

            #[test]
            fn fork_server() {
                let name = concat!(module_path!(), "::fork_server");
                crate::inside::with_plan(name, |plan| body(crate::StartMethod::ForkServer, plan));
            }

            #[test]
            fn spawn() {
                let name = concat!(module_path!(), "::spawn");
                crate::inside::with_plan(name, |plan| body(crate::StartMethod::Spawn, plan));
            }
        }
    };
}

mod beginning;
mod blobs;
mod working;

use std::env;
use std::fs;
use std::process;

use gate::{Gate, visit};

use crate::fault::{PLAN, Plan};
use crate::{Pool, StartMethod};

/// Runs `body` in a process that has a folder for a plan, and a folder of its own for what is temporary.
fn with_plan(path: &'static str, body: impl FnOnce(&Plan)) {
    // As the harness calls it: without the crate's name.
    let (_, name) = path.split_once("::").unwrap();
    let folder =
        env::temp_dir().join(format!("pool-lib-{}-{}", process::id(), name.replace("::", "-")));
    let is_original = !solitude::is_alone();
    if is_original {
        fs::create_dir(&folder).unwrap();
    }
    let surround = |copy: &mut process::Command| {
        copy.env("TMPDIR", &folder).env(PLAN, folder.join("plan"));
    };
    solitude::alone(name, surround, || body(&Plan::of_this_process()));
    if is_original {
        fs::remove_dir_all(&folder).unwrap();
    }
}

fn pool(method: StartMethod, processes: usize) -> Pool {
    Pool::builder().start_method(method).processes(processes).build().unwrap()
}

/// A result of ten bytes.
fn large(n: u64) -> u64 {
    u64::MAX - n
}

fn meet((gate, number): (String, u64)) -> u64 {
    visit(&gate, number);
    number
}

/// Asserts that both workers of a pool work, at the same time.
fn assert_usable(pool: &Pool) {
    let gate = Gate::new();
    let meeting = pool.map_async(meet, (0..2).map(|number| (gate.name(), number)));
    gate.accept_all(2).into_iter().for_each(|visitor| visitor.release());
    assert_eq!(meeting.wait().unwrap(), [0, 1]);
    assert!(pool.map(large, 0..50).unwrap().into_iter().eq((0..50).map(large)));
}
