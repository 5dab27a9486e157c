//! Callers that drive and wait, the thread that drives while they do not, and a worker: `handle::feeder`, and
//! the thread that `pool::build` starts.
//!
//! Must not end before every caller has what it waits for, and the thread has heard that all of them left.

use loom::sync::Arc;
use loom::thread;

use super::driver::{CAREFUL, Care, Consumer, Driver, Results};
use super::order::{Mailbox, Order, Orders, Waker};
use super::shared::Dispatcher;
use crate::Scene;
use crate::ring::Sink;

pub const ALL: [(&str, usize, Scene); 5] = [
    ("a caller and the thread, 2 tasks one after the other", 4, || alone(CAREFUL)),
    ("2 callers that drive and the thread, a task each", 2, || two_callers(true, CAREFUL)),
    ("2 callers, one of which drives, and the thread, a task each", 2, one_drives),
    ("2 callers and the thread, where callers may not drive", 2, || {
        two_callers(true, Care { driven: false, ..CAREFUL })
    }),
    ("a caller, the thread and a worker with 2 results", 2, || with_a_worker(CAREFUL)),
];

/// With less care somebody waits for ever.
pub const MUST_FAIL: [(&str, usize, Scene); 2] = [
    ("2 callers, and a thread that does not look for orders once more", 2, || {
        two_callers(true, Care { last_look: false, ..CAREFUL })
    }),
    ("a worker, and a caller that does not look for results once more", 2, || {
        with_a_worker(Care { second_look: false, ..CAREFUL })
    }),
];

pub fn one_drives() {
    two_callers(false, CAREFUL);
}

struct Pool {
    dispatcher: Dispatcher,
    callers: Arc<Vec<Consumer>>,
    waker: Arc<Waker>,
}

fn open(callers: usize, results: Option<Arc<Results>>, care: Care) -> Arc<Pool> {
    let (mailbox, waker) = (Arc::new(Mailbox::default()), Arc::new(Waker::new()));
    let callers = Arc::new((0..callers).map(|_| Consumer::default()).collect::<Vec<_>>());
    let driver = Driver {
        orders: Arc::clone(&mailbox),
        waker: Arc::clone(&waker),
        callers: Arc::clone(&callers),
        results,
        heard: 0,
        left: 0,
        care,
    };
    let dispatcher = Dispatcher::new(Orders { mailbox, waker: Arc::clone(&waker) }, driver);
    Arc::new(Pool { dispatcher, callers, waker })
}

impl Pool {
    fn drive_and_wait(&self, caller: usize, wanted: u64) {
        let consumer = &self.callers[caller];
        self.dispatcher.drive(|| consumer.has(wanted));
        consumer.wait(wanted);
    }

    fn apply(&self, caller: usize, wanted: u64) {
        self.dispatcher.give_quietly(Order::Task { caller });
        self.drive_and_wait(caller, wanted);
    }

    fn map(&self, caller: usize, wanted: u64) {
        self.dispatcher.give_quietly(Order::Task { caller });
        self.dispatcher.call();
        self.callers[caller].wait(wanted);
    }

    fn run(&self) {
        self.dispatcher.run().expect("a sleep of the model does not fail");
    }
}

pub fn alone(care: Care) {
    let pool = open(1, None, care);
    let theirs = Arc::clone(&pool);
    let caller = thread::spawn(move || {
        theirs.apply(0, 1);
        theirs.apply(0, 2);
        theirs.dispatcher.give(Order::Leave { caller: 0 });
    });
    pool.run();
    caller.join().expect("the caller has ended");
}

/// `both` drive, or one has so many tasks that it leaves that to others.
pub fn two_callers(both: bool, care: Care) {
    let pool = open(2, None, care);
    let callers = [0, 1].map(|caller| {
        let theirs = Arc::clone(&pool);
        thread::spawn(move || {
            if both || caller == 0 {
                theirs.apply(caller, 1);
            } else {
                theirs.map(caller, 1);
            }
            theirs.dispatcher.give(Order::Leave { caller });
        })
    });
    pool.run();
    callers.into_iter().for_each(|caller| caller.join().expect("the caller has ended"));
}

pub fn with_a_worker(care: Care) {
    let results = Arc::new(Results::new());
    let pool = open(1, Some(Arc::clone(&results)), care);
    let theirs = Arc::clone(&pool);
    let worker = thread::spawn(move || {
        let mut sink = Sink::new(&results);
        for _ in 0..2 {
            assert_eq!(sink.write(1), 1, "there is room for all");
            if sink.must_wake() {
                theirs.waker.bell.ring();
            }
        }
    });
    let theirs = Arc::clone(&pool);
    let caller = thread::spawn(move || {
        theirs.drive_and_wait(0, 1);
        theirs.drive_and_wait(0, 2);
        theirs.dispatcher.give(Order::Leave { caller: 0 });
    });
    pool.run();
    worker.join().expect("the worker has ended");
    caller.join().expect("the caller has ended");
}
