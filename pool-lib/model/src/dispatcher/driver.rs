//! When the driver looks and sleeps: `driver::rounds` and as much of `engine::local` as belongs to it, for callers whose tasks
//! are done when they are heard of, and one worker that sends results of its own accord.
//!
//! There are no deadlines, so that nothing is heard of in the end because a sleep was over.

use std::io;

use loom::sync::{Arc, Condvar, Mutex};

use super::order::{Mailbox, Order, Waker};
use crate::ring::{Ring, Source};

/// Where a caller waits for outcomes.
#[derive(Default)]
pub struct Consumer {
    outcomes: Mutex<u64>,
    came: Condvar,
}

impl Consumer {
    pub fn has(&self, wanted: u64) -> bool {
        *self.outcomes.lock().expect("nobody panics here") >= wanted
    }

    pub fn wait(&self, wanted: u64) {
        let mut outcomes = self.outcomes.lock().expect("nobody panics here");
        while *outcomes < wanted {
            outcomes = self.came.wait(outcomes).expect("nobody panics here");
        }
    }

    fn deliver(&self) {
        *self.outcomes.lock().expect("nobody panics here") += 1;
        self.came.notify_one();
    }
}

/// What is looked at before somebody sleeps.
#[derive(Clone, Copy)]
pub struct Care {
    /// The thread looks for orders once more when it has said that it sleeps.
    pub last_look: bool,
    /// A caller that lets go looks for results once more when it has asked workers to ring.
    pub second_look: bool,
    /// Callers may drive at all.
    pub driven: bool,
}

pub const CAREFUL: Care = Care { last_look: true, second_look: true, driven: true };

/// The bytes of a worker; each is a result for the first caller.
pub type Results = Ring<2>;

pub struct Driver {
    pub orders: Arc<Mailbox>,
    pub waker: Arc<Waker>,
    pub callers: Arc<Vec<Consumer>>,
    pub results: Option<Arc<Results>>,
    pub heard: u64,
    pub left: usize,
    pub care: Care,
}

pub struct Sleep {
    waker: Arc<Waker>,
    at_all: bool,
}

pub struct Woken;

impl Sleep {
    /// As `driver::Rest`, without wakers.
    pub fn take(self) -> io::Result<Option<Woken>> {
        if self.at_all {
            self.waker.bell.wait();
        }
        Ok(Some(Woken))
    }
}

/// Nobody waits in a future here.
pub struct Wakers;

impl Wakers {
    pub fn is_empty(&self) -> bool {
        true
    }

    pub fn wake(self) {}
}

impl Driver {
    pub fn work(&mut self, woken: Option<Woken>, wanted: impl Fn() -> bool) -> Option<Sleep> {
        if woken.is_some() {
            self.waker.awake();
            self.begin_drive();
        }
        loop {
            self.look();
            if self.is_stopped() {
                return None;
            }
            if wanted() || !(self.has_results() || !self.orders.is_empty()) {
                return Some(self.fall_asleep(wanted));
            }
        }
    }

    fn fall_asleep(&mut self, wanted: impl Fn() -> bool) -> Sleep {
        self.waker.prepare_to_sleep();
        let last_look = !wanted();
        let orders = last_look && self.care.last_look && !self.orders.is_empty();
        self.end_drive();
        let news = last_look && self.has_results();
        Sleep { waker: Arc::clone(&self.waker), at_all: !orders && !news }
    }

    pub fn drive(&mut self, mut done: impl FnMut() -> bool, wanted: impl Fn() -> bool) -> Wakers {
        if !self.care.driven {
            self.waker.wake();
            return Wakers;
        }
        self.begin_drive();
        loop {
            self.look();
            if self.is_stopped() || wanted() || done() {
                break;
            }
            if !(self.has_results() || !self.orders.is_empty()) {
                break;
            }
        }
        self.end_drive();
        if self.is_stopped() || self.care.second_look && self.has_results() {
            self.waker.wake();
        }
        Wakers
    }

    fn is_stopped(&self) -> bool {
        self.left == self.callers.len()
    }

    fn look(&mut self) {
        if let Some(results) = &self.results {
            let mut source = Source::new(results);
            source.head = self.heard;
            for _ in 0..source.read() {
                self.callers[0].deliver();
            }
            self.heard = source.head;
        }
        for order in self.orders.take() {
            match order {
                Order::Task { caller } => self.callers[caller].deliver(),
                Order::Leave { .. } => self.left += 1,
            }
        }
    }

    fn has_results(&self) -> bool {
        self.source().is_some_and(|source| !source.is_empty())
    }

    fn begin_drive(&self) {
        self.source().iter().for_each(Source::is_awake);
    }

    fn end_drive(&self) {
        self.source().iter().for_each(Source::go_to_sleep);
    }

    fn source(&self) -> Option<Source<'_, 2>> {
        let results = self.results.as_ref()?;
        let mut source = Source::new(results);
        source.head = self.heard;
        Some(source)
    }
}
