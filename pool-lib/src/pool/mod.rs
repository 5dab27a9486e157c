//! The pool: what users build, call and drop.
//!
//! Must not know how anything is done; it puts the parts together.

mod build;
mod builder;
mod call;
mod drain;
mod verbs;

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

pub use builder::PoolBuilder;
pub use call::Call;

use crate::dispatcher::{CallSpec, Dispatcher, Order};
use crate::error::BuildError;
use crate::ids::CallId;
use crate::trace::{Recorder, Stats, Trace};

/// A pool of worker processes.
///
/// Functions given to it run in other processes: one that panics, crashes, hangs or is killed
/// costs its own task and nothing else. Arguments and results travel encoded by serde.
///
/// A function must be nameable in another process: a plain `fn`, or a closure that uses nothing
/// from outside. One that captures does not compile:
///
/// ```compile_fail,E0080
/// let offset = 3;
/// let pool = pool_lib::Pool::new().unwrap();
/// let _ = pool.map(move |n: i32| n + offset, 0..10); // error: captured values cannot be sent
/// ```
///
/// A pool can be shared by threads. Their calls take turns: one that comes beside a call of a million tasks waits for what a
/// worker has at hand, which is about a millisecond's work or one task, and not for all the rest.
///
/// Dropping the pool ends its workers at once, whatever they do, and waits until they are gone;
/// [`close`](Pool::close) and [`join`](Pool::join) let them finish first.
///
/// ```
/// use pool_lib::Pool;
///
/// fn analyze(game: u32) -> String {
///     format!("game {game}: analyzed")
/// }
///
/// let pool = Pool::builder().processes(4).build()?;
/// let results = pool.map(analyze, 1..=10)?;
/// assert_eq!(results[0], "game 1: analyzed");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Pool {
    dispatcher: Arc<Dispatcher>,
    recorder: Arc<Recorder>,
    thread: Mutex<Option<JoinHandle<()>>>,
    processes: usize,
    defaults: CallSpec,
    calls: AtomicU64,
    /// Dropped after the workers are gone: until then a signal shall find it.
    drained: Option<drain::Drained>,
}

impl Pool {
    /// A pool with one worker per core that this process may really use: affinity and cgroup
    /// quota are taken into account.
    ///
    /// # Errors
    ///
    /// See [`PoolBuilder::build`].
    pub fn new() -> Result<Self, BuildError> {
        Self::builder().build()
    }

    /// Settings for a pool.
    pub fn builder() -> PoolBuilder {
        PoolBuilder::new()
    }

    /// A call with settings of its own: chunk size, timeout, retries and others.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// let pool = pool_lib::Pool::builder().processes(2).build()?;
    /// let call = pool.call().chunk_size(5).timeout(Duration::from_secs(10)).retries(2);
    /// assert_eq!(call.map(|n: u64| n + 1, 0..10)?.len(), 10);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn call(&self) -> Call<'_> {
        Call::new(self)
    }

    /// Takes no more calls. Those that were made are finished; then the workers end. Returns at
    /// once; an [`Imap`](crate::Imap) delivers what it has submitted and then an error.
    pub fn close(&self) {
        self.dispatcher.give(Order::Close);
    }

    /// [`close`](Self::close)s the pool and waits until all work is done and all workers are gone.
    /// It waits as long as the tasks take. Asking twice does no harm.
    pub fn join(&self) {
        self.close();
        self.wait_for_the_end();
    }

    /// Ends all workers at once, whatever they do, and waits until they are gone, which takes a
    /// moment. Tasks without a result get the error `Cancelled`.
    pub fn terminate(&self) {
        self.dispatcher.give(Order::Terminate);
        self.wait_for_the_end();
    }

    /// How many workers the pool keeps.
    pub fn processes(&self) -> usize {
        self.processes
    }

    /// The process ids of the workers that live now, in the order of their places.
    pub fn worker_pids(&self) -> Vec<u32> {
        self.stats().pids.into_values().collect()
    }

    /// Totals of what the pool did so far.
    pub fn stats(&self) -> Stats {
        self.recorder.stats()
    }

    /// The events so far, if the pool was built with `.trace(true)`; else nothing.
    pub fn trace(&self) -> Trace {
        self.recorder.trace()
    }

    fn next_call(&self) -> CallId {
        CallId(self.calls.fetch_add(1, Ordering::Relaxed))
    }

    fn wait_for_the_end(&self) {
        if !self.dispatcher.hears() {
            return;
        }
        // The lock is held while waiting, so that a second caller waits as well.
        let mut thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(thread) = thread.take() {
            // The dispatcher runs no user code; were it to panic all the same, its workers end
            // with it, and so does this wait.
            let _ = thread.join();
        }
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        // In a task that runs inline, say, nobody can wait for that, and it is done all the same.
        self.terminate();
    }
}

impl std::fmt::Debug for Pool {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Pool").field("processes", &self.processes).finish_non_exhaustive()
    }
}
