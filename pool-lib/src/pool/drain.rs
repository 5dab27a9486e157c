//! Pools that finish what they run when the program is asked to end, and the thread that tells them.
//!
//! Must not know what draining is: pools are given orders.

use std::collections::BTreeMap;
use std::io;
use std::process::id;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};

use crate::dispatcher::{Dispatcher, Order};
use crate::sys::{Interest, Interrupts, block_signals, wait_until_ready};

/// The thread that listens, while there are pools to tell. Held while one is started or ended, so that
/// there are never two.
static LISTENER: Mutex<Option<Listener>> = Mutex::new(None);
/// The pools to tell, by number. The thread takes this lock alone.
static POOLS: Mutex<BTreeMap<u64, Arc<Dispatcher>>> = Mutex::new(BTreeMap::new());

struct Listener {
    interrupts: Arc<Interrupts>,
    over: Arc<AtomicBool>,
    thread: JoinHandle<()>,
    next: u64,
}

/// A pool that is told of signals, until this is dropped.
pub(super) struct Drained {
    number: u64,
    /// A copy of the process that a `fork` made has no thread that listens, and must not end ours.
    owner: u32,
}

impl Drained {
    /// A pool that comes when the program has been asked to end is told at once.
    pub(super) fn by_signals(dispatcher: &Arc<Dispatcher>) -> io::Result<Self> {
        let mut listener = lock(&LISTENER);
        if listener.is_none() {
            *listener = Some(Listener::start()?);
        }
        let listener = listener.as_mut().expect("started above");
        let number = listener.next;
        listener.next += 1;
        lock(&POOLS).insert(number, Arc::clone(dispatcher));
        tell_all(listener.interrupts.count());
        Ok(Self { number, owner: id() })
    }
}

impl Drop for Drained {
    fn drop(&mut self) {
        if self.owner != id() {
            return;
        }
        let mut listener = lock(&LISTENER);
        lock(&POOLS).remove(&self.number);
        // Looked at by itself: the lock must be free when the thread is waited for.
        let nobody = lock(&POOLS).is_empty();
        if nobody && let Some(Listener { interrupts, over, thread, .. }) = listener.take() {
            over.store(true, Ordering::SeqCst);
            interrupts.ring();
            // It runs no user code, and the lock that it takes is free.
            let _ = thread.join();
        }
    }
}

impl Listener {
    fn start() -> io::Result<Self> {
        let interrupts = Arc::new(Interrupts::listen()?);
        let over = Arc::new(AtomicBool::new(false));
        let (bell, end) = (Arc::clone(&interrupts), Arc::clone(&over));
        let thread = thread::Builder::new().name("pool-signals".to_owned()).spawn(move || {
            // Signals are for the program's own threads.
            block_signals();
            listen(&bell, &end);
        })?;
        Ok(Self { interrupts, over, thread, next: 0 })
    }
}

fn listen(interrupts: &Interrupts, over: &AtomicBool) {
    while !over.load(Ordering::SeqCst) {
        if wait_until_ready(&[Interest { fd: interrupts.fd(), write: false }], None).is_err() {
            return; // the operating system refuses to wait: signals go on being counted
        }
        // The order matters: a signal that comes after the bell was silenced rings it again.
        interrupts.hear();
        tell_all(interrupts.count());
    }
}

/// Once: finish what runs. Twice: end. (The second time most programs are gone before it comes to this.)
fn tell_all(signals: u32) {
    for dispatcher in lock(&POOLS).values() {
        match signals {
            0 => {}
            1 => dispatcher.give(Order::Drain),
            _ => dispatcher.give(Order::Terminate),
        }
    }
}

/// Nothing that runs under these locks can panic half-way, so a poisoned one is still whole.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
