//! The allowance to keep results back without ringing for them, and how the pool withdraws it: `Outgoing::send`,
//! `Port::lose_patience` and `Local::turn`.
//!
//! A worker that goes into a long task after a result for which it has not rung is the case to look at: here it never comes
//! back. What the words of a memory model cannot say is that a store becomes visible in time: that is put as a clock. Between two
//! ticks of it a worker has published a result and looked how patient the pool is, or it has done neither; time goes on only for
//! who sleeps until its time is over.
//!
//! Must not ring at the end.

use loom::sync::atomic::{AtomicU64, Ordering, fence};
use loom::sync::{Arc, Mutex};
use loom::thread;

use crate::Scene;
use crate::bell::Bell;
use crate::ring::{Ring, Sink, Source};

pub const ALL: [(&str, usize, Scene); 1] = [(
    "2 results kept back, then a task without end; the pool sleeps out its time twice",
    4,
    || play(Care { sleeps_out: true, doubts: true }),
)];

/// With less care a result is left lying.
pub const MUST_FAIL: [(&str, usize, Scene); 2] = [
    (
        "the same with a pool that does not sleep once more after it has withdrawn the allowance",
        4,
        || play(Care { sleeps_out: true, doubts: false }),
    ),
    ("the same with a pool whose sleep may be cut short and counts all the same", 4, || {
        play(Care { sleeps_out: false, doubts: true })
    }),
];

const RESULTS: u64 = 2;

#[derive(Clone, Copy)]
struct Care {
    /// A sleep counts when its time is over.
    sleeps_out: bool,
    /// The pool takes into account that the worker has not heard yet.
    doubts: bool,
}

struct Link {
    results: Ring<2>,
    patience: AtomicU64,
    of_pool: Bell,
    clock: Mutex<()>,
}

fn play(care: Care) {
    let (results, patience) = (Ring::new(), AtomicU64::new(0));
    let link = Link { results, patience, of_pool: Bell::new(), clock: Mutex::new(()) };
    let shared = Arc::new(link);
    let theirs = Arc::clone(&shared);
    let worker = thread::spawn(move || work(&theirs));
    pool(&shared, care);
    worker.join().expect("the worker is in its last task");
}

fn work(link: &Link) {
    let mut sink = Sink::new(&link.results);
    let mut quiet = 0;
    for _ in 0..RESULTS {
        quiet += 1;
        let patience = {
            let _tick = link.clock.lock();
            assert_eq!(sink.write(1), 1, "there is room for all");
            link.patience.load(Ordering::Relaxed)
        };
        if quiet > patience {
            quiet = 0;
            if sink.must_wake() {
                link.of_pool.ring();
            }
        }
    }
}

fn pool(link: &Link, care: Care) {
    let mut source = Source::new(&link.results);
    let (mut patience, mut doubtful) = (1, care.doubts);
    set_patience(link, patience);
    while source.head < RESULTS {
        if source.read() > 0 {
            continue;
        }
        let may_keep_silent = patience > 0 || doubtful;
        source.go_to_sleep();
        if source.is_empty() {
            match may_keep_silent {
                true if care.sleeps_out => drop(link.clock.lock()),
                true => {}
                false => link.of_pool.wait(),
            }
        }
        source.is_awake();
        if may_keep_silent && source.is_empty() {
            if patience > 0 {
                (patience, doubtful) = (0, care.doubts);
                set_patience(link, patience);
            } else {
                doubtful = false;
            }
        }
    }
}

fn set_patience(link: &Link, results: u64) {
    link.patience.store(results, Ordering::Relaxed);
    fence(Ordering::SeqCst);
}
