//! Programs that are not as others: without standard descriptors, and with fewer rights than their workers.
//!
//! Must not look at what is printed: there is nowhere to.

use std::fs;
use std::os::fd::RawFd;
use std::thread;
use std::time::{Duration, Instant};

use nix::unistd::{Uid, close, getuid, setuid};
use pool_lib::{Blob, Pool, StartMethod, TaskErrorKind};

use crate::gate::{Gate, visit};
use crate::{Scenario, double, held, skipped};

pub(crate) const SCENARIOS: &[Scenario] = &[
    ("without_standard_descriptors", without_standard_descriptors),
    ("a_program_that_gives_up_its_rights_ends", fewer_rights),
];

/// Whatever the pool opens stands elsewhere: what the program or a task prints must not come there.
fn without_standard_descriptors(method: StartMethod) {
    let mut closed: Vec<RawFd> = Vec::new();
    for number in [1, 2, 0] {
        close(number).unwrap();
        closed.push(number);
        for capture in [false, true] {
            let builder = Pool::builder().start_method(method).processes(2);
            let pool = builder.capture_output(capture).trace(capture).build().unwrap();
            let ours = |fd: &RawFd| fs::read_link(format!("/proc/self/fd/{fd}")).ok();
            assert_eq!(closed.iter().find_map(ours), None, "{closed:?}");
            for _ in 0..20 {
                println!("nobody hears this");
                eprintln!("nor that");
            }
            let prints = |n: u64| {
                println!("task {n}");
                eprintln!("task {n}");
                n
            };
            assert_eq!(pool.map(prints, 0..40).unwrap(), (0..40).collect::<Vec<_>>());
            let blob = |n: u64| Blob::copy_of(&n.to_le_bytes()).unwrap();
            let back = |blob: Blob| {
                eprintln!("a blob of {} bytes", blob.len());
                blob
            };
            let blobs = pool.map(back, (0..40).map(blob)).unwrap();
            assert!(blobs.iter().zip(0..40_u64).all(|(blob, n)| blob[..] == n.to_le_bytes()));
            assert_eq!(pool.stats().workers_started, 2);
        }
    }
}

/// It may not kill its workers any more. Tasks have their outcomes all the same, and the pool ends; a worker that is in a task
/// ends behind it.
fn fewer_rights(method: StartMethod) {
    if !getuid().is_root() {
        return skipped("only root can give up rights");
    }
    let gate = Gate::new();
    let pool = Pool::builder().start_method(method).processes(2).build().unwrap();
    assert_eq!(pool.apply(double, 1).unwrap(), 2);
    let tasks = [0, 1].map(|number| pool.apply_async(held, (gate.name(), number)));
    let mut stuck = gate.accept_all(2);
    setuid(Uid::from_raw(65_534)).unwrap();
    tasks[0].cancel();
    let [first, second] = tasks;
    assert_eq!(first.wait().unwrap_err().kind(), &TaskErrorKind::Cancelled);
    let timeout = Duration::from_millis(20);
    let error = pool.call().timeout(timeout).apply(park, gate.name()).unwrap_err();
    assert_eq!(error.kind(), &TaskErrorKind::TimedOut(timeout));
    stuck.push(gate.accept());
    assert_eq!(pool.map(double, 0..1000).unwrap()[999], 1998);
    let began = Instant::now();
    drop(pool);
    assert!(began.elapsed() < Duration::from_secs(30));
    assert_eq!(second.wait().unwrap_err().kind(), &TaskErrorKind::Cancelled);
    stuck.into_iter().for_each(|visitor| visitor.dismiss());
}

fn park(gate: String) {
    visit(&gate, 2);
    thread::park();
}
