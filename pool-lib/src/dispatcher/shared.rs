//! The dispatcher as its own thread and all callers share it.
//!
//! A thread of its own drives the pool. While it sleeps, a caller that waits drives in its place for as long as that seems
//! to pay: then nobody has to be woken between a task and its result, which costs ten times what a short task does.
//!
//! Must not know what driving is. Played in all orders by `pool-lib/model`, so nothing is used here that is not there.

use std::io;

use super::driver::Driver;
use super::order::{Order, Orders};
use crate::error::TaskErrorKind;
use crate::sys::look_again;
use crate::sys::sync::{AtomicBool, AtomicU32, Mutex, MutexGuard, Ordering, PoisonError};

/// What callers hold of the dispatcher.
pub(crate) struct Dispatcher {
    orders: Orders,
    /// `None` when it is at its end. Its thread waits for this lock; callers only try to have it.
    driver: Mutex<Option<Driver>>,
    /// Whether its thread waits for the lock.
    thread_waits: AtomicBool,
    /// How many callers try to have it.
    callers_wait: AtomicU32,
}

impl Dispatcher {
    pub(crate) fn new(orders: Orders, driver: Driver) -> Self {
        let driver = Mutex::new(Some(driver));
        let (thread_waits, callers_wait) = (AtomicBool::new(false), AtomicU32::new(0));
        Self { orders, driver, thread_waits, callers_wait }
    }

    /// Drives the pool until no worker is left. For one thread, which starts all processes.
    ///
    /// An error means that the operating system refused to wait; then everybody who waits for
    /// this pool learns that it is gone, and the workers end with their links.
    pub(crate) fn run(&self) -> io::Result<()> {
        let _end = End(self);
        let mut woken = None;
        loop {
            let wanted = || self.callers_wait.load(Ordering::SeqCst) > 0;
            let rest = self.hold().and_then(|mut held| held.as_mut()?.work(woken.take(), wanted));
            let Some(rest) = rest else { return Ok(()) };
            woken = rest.take()?;
        }
    }

    /// For the thread: waits until no caller drives. `None` if one has panicked while it drove: nobody knows any more what is
    /// true.
    fn hold(&self) -> Option<MutexGuard<'_, Option<Driver>>> {
        self.thread_waits.store(true, Ordering::SeqCst);
        let held = self.driver.lock();
        self.thread_waits.store(false, Ordering::SeqCst);
        held.ok()
    }

    /// Gives an order. If the dispatcher is gone it is dropped, and with it whatever it holds: a
    /// call's producer, for one, so that its consumer learns of it.
    pub(crate) fn give(&self, order: Order) {
        self.orders.give(order);
        self.orders.call();
    }

    /// Gives an order that is heard of when the caller [`drive`](Self::drive)s, or [`call`](Self::call)s.
    pub(crate) fn give_quietly(&self, order: Order) {
        self.orders.give(order);
    }

    /// Sees to it that the orders given are heard.
    pub(crate) fn call(&self) {
        self.orders.call();
    }

    /// The error of whatever the dispatcher said nothing about, because it is gone.
    pub(crate) fn fate(&self) -> TaskErrorKind {
        self.orders.fate()
    }

    /// Whether what is asked for here can be waited for: not in a copy of the process that a `fork` made, nor in a task that
    /// keeps the dispatcher from doing anything else.
    pub(crate) fn hears(&self) -> bool {
        self.orders.are_heard()
    }

    /// Drives until `done` says so, if nobody else does, and if it pays. Orders that were given are heard in any case.
    pub(crate) fn drive(&self, mut done: impl FnMut() -> bool) {
        loop {
            let Some(mut held) = self.try_to_hold() else { return self.orders.call() };
            let Some(driver) = held.as_mut() else { return };
            // If this panics, its thread has to find out.
            let alarm = Alarm(&self.orders);
            let wakers = driver.drive(&mut done, || self.thread_waits.load(Ordering::SeqCst));
            std::mem::forget(alarm);
            if wakers.is_empty() {
                return;
            }
            drop(held);
            wakers.wake();
        }
    }

    /// For callers: the thread lets go when it sees that somebody waits, unless it has something to do.
    fn try_to_hold(&self) -> Option<MutexGuard<'_, Option<Driver>>> {
        let try_once = || self.driver.try_lock().ok();
        try_once().or_else(|| {
            self.callers_wait.fetch_add(1, Ordering::SeqCst);
            let mut held = None;
            look_again(|| {
                held = try_once();
                held.is_some()
            });
            self.callers_wait.fetch_sub(1, Ordering::SeqCst);
            held
        })
    }
}

/// The thread has ended, in whatever way: so has everything that callers wait for.
struct End<'a>(&'a Dispatcher);

impl Drop for End<'_> {
    fn drop(&mut self) {
        let driver = self.0.driver.lock().unwrap_or_else(PoisonError::into_inner).take();
        // By now the lock is free: what waits for it wakes, and may be a future.
        drop(driver);
    }
}

/// Wakes the dispatcher's thread when it is dropped, which happens only in a panic.
struct Alarm<'a>(&'a Orders);

impl Drop for Alarm<'_> {
    fn drop(&mut self) {
        self.0.call();
    }
}
