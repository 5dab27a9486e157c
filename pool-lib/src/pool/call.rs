//! One call with settings of its own.
//!
//! Must not know how tasks are carried out: it names the function, opens the call, and leaves the rest to handles.

use std::any::type_name;
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::Pool;
use crate::dispatcher::{CallSpec, Consumer};
use crate::error::{TaskError, TaskErrorKind};
use crate::handle::{
    Ahead, Feeder, Imap, ImapUnordered, MapHandle, TaskHandle, Window, only, run_all,
};
use crate::task::{Function, StarFn, Starred, Unary, Work};

/// How far an `imap` may be ahead of its consumer, in tasks per worker: at first, and after it has turned out that
/// tasks are so short that their consumer waits for them all the same.
const WINDOW_PER_WORKER: u64 = 8;
const WIDEST_PER_WORKER: u64 = 512;
/// How many tasks of a `map` may be submitted and have no outcome yet, per worker: some times what one has at hand at the
/// most. More would only lie in memory.
const AHEAD_PER_WORKER: u64 = 8192;

/// A call with settings of its own, made by [`Pool::call`]; every verb of [`Pool`] ends it.
#[derive(Clone, Copy, Debug)]
#[must_use = "settings do nothing until a verb follows"]
pub struct Call<'p> {
    pool: &'p Pool,
    spec: CallSpec,
    chunk_size: Option<usize>,
    window: Option<usize>,
}

impl<'p> Call<'p> {
    pub(super) fn new(pool: &'p Pool) -> Self {
        Self { pool, spec: pool.defaults, chunk_size: None, window: None }
    }

    /// How many tasks go to a worker at once, at least one; a worker gets its next tasks when it
    /// has ended these. Default: chosen by how long tasks take. Whatever the size, results, errors
    /// and timeouts are those of single tasks. A size of zero is an error of the verb.
    pub fn chunk_size(mut self, tasks: usize) -> Self {
        self.chunk_size = Some(tasks);
        self
    }

    /// As [`PoolBuilder::task_timeout`](crate::PoolBuilder::task_timeout), for this call.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.spec.timeout = Some(timeout);
        self
    }

    /// As [`PoolBuilder::retries`](crate::PoolBuilder::retries), for this call.
    pub fn retries(mut self, count: u32) -> Self {
        self.spec.retries = count;
        self
    }

    /// How many items `imap` and `imap_unordered` may pull from their source before the consumer
    /// has taken the results, at least one. Default: eight per worker, and two chunks per worker
    /// where a chunk size is set; it grows to 512 per worker while tasks are so short that a
    /// consumer waits for them all the same. A window of zero is an error of the verb.
    pub fn window(mut self, tasks: usize) -> Self {
        self.window = Some(tasks);
        self
    }

    /// Whether the first failure cancels the rest of the call: tasks that wait do not start, and
    /// those that run are ended together with their workers. Default: off.
    pub fn fail_fast(mut self, on: bool) -> Self {
        self.spec.fail_fast = on;
        self
    }

    /// As [`Pool::apply`].
    ///
    /// # Errors
    ///
    /// Whatever kept the task from having a result.
    pub fn apply<F, A, R>(&self, f: F, argument: A) -> Result<R, TaskError>
    where
        F: Fn(A) -> R + Copy + 'static,
        A: Serialize + DeserializeOwned + 'static,
        R: Serialize + DeserializeOwned + 'static,
    {
        let _ = f;
        let results = self.run_all::<Unary<F, A, R>, _>(type_name::<F>(), [argument])?;
        Ok(only(results))
    }

    /// As [`Pool::map`].
    ///
    /// # Errors
    ///
    /// The error of the lowest index, if any task has none.
    pub fn map<F, A, R, I>(&self, f: F, items: I) -> Result<Vec<R>, TaskError>
    where
        F: Fn(A) -> R + Copy + 'static,
        A: Serialize + DeserializeOwned + 'static,
        R: Serialize + DeserializeOwned + 'static,
        I: IntoIterator<Item = A>,
    {
        let _ = f;
        self.run_all::<Unary<F, A, R>, I>(type_name::<F>(), items)
    }

    /// As [`Pool::starmap`].
    ///
    /// # Errors
    ///
    /// The error of the lowest index, if any task has none.
    pub fn starmap<F, Args, I>(&self, f: F, tuples: I) -> Result<Vec<F::Output>, TaskError>
    where
        F: StarFn<Args>,
        F::Output: Serialize + DeserializeOwned + 'static,
        Args: Serialize + DeserializeOwned + 'static,
        I: IntoIterator<Item = Args>,
    {
        let _ = f;
        self.run_all::<Starred<F, Args>, I>(type_name::<F>(), tuples)
    }

    /// As [`Pool::imap`].
    pub fn imap<F, A, R, I>(&self, f: F, items: I) -> Imap<I::IntoIter, R>
    where
        F: Fn(A) -> R + Copy + 'static,
        A: Serialize + DeserializeOwned + 'static,
        R: Serialize + DeserializeOwned + 'static,
        I: IntoIterator<Item = A>,
    {
        let _ = f;
        let call = self.open_paced::<Unary<F, A, R>>(type_name::<F>());
        Imap::new(items.into_iter(), call, self.ahead())
    }

    /// As [`Pool::imap_unordered`].
    pub fn imap_unordered<F, A, R, I>(&self, f: F, items: I) -> ImapUnordered<I::IntoIter, R>
    where
        F: Fn(A) -> R + Copy + 'static,
        A: Serialize + DeserializeOwned + 'static,
        R: Serialize + DeserializeOwned + 'static,
        I: IntoIterator<Item = A>,
    {
        let _ = f;
        let call = self.open_paced::<Unary<F, A, R>>(type_name::<F>());
        ImapUnordered::new(items.into_iter(), call, self.ahead())
    }

    /// As [`Pool::apply_async`].
    pub fn apply_async<F, A, R>(&self, f: F, argument: A) -> TaskHandle<R>
    where
        F: Fn(A) -> R + Copy + 'static,
        A: Serialize + DeserializeOwned + 'static,
        R: Serialize + DeserializeOwned + 'static,
    {
        TaskHandle::new(self.map_async(f, [argument]))
    }

    /// As [`Pool::map_async`].
    pub fn map_async<F, A, R, I>(&self, f: F, items: I) -> MapHandle<R>
    where
        F: Fn(A) -> R + Copy + 'static,
        A: Serialize + DeserializeOwned + 'static,
        R: Serialize + DeserializeOwned + 'static,
        I: IntoIterator<Item = A>,
    {
        let _ = f;
        self.submit_all::<Unary<F, A, R>, I, R>(type_name::<F>(), items)
    }

    /// As [`Pool::starmap_async`].
    pub fn starmap_async<F, Args, I>(&self, f: F, tuples: I) -> MapHandle<F::Output>
    where
        F: StarFn<Args>,
        F::Output: Serialize + DeserializeOwned + 'static,
        Args: Serialize + DeserializeOwned + 'static,
        I: IntoIterator<Item = Args>,
    {
        let _ = f;
        self.submit_all::<Starred<F, Args>, I, F::Output>(type_name::<F>(), tuples)
    }

    fn run_all<W, I>(&self, name: &'static str, items: I) -> Result<Vec<W::Output>, TaskError>
    where
        W: Work,
        W::Output: DeserializeOwned,
        I: IntoIterator<Item = W::Input>,
        W::Input: Serialize,
    {
        let (mut feeder, consumer) = self.open::<W>(name, self.spec)?;
        let (least, most) = (self.under_way(2), self.under_way(AHEAD_PER_WORKER));
        let ahead = Ahead { least, most };
        run_all(&mut feeder, &consumer, items.into_iter(), self.spec.fail_fast, ahead)
    }

    fn submit_all<W, I, R>(&self, name: &'static str, items: I) -> MapHandle<R>
    where
        W: Work,
        R: DeserializeOwned + 'static,
        I: IntoIterator<Item = W::Input>,
        W::Input: Serialize,
    {
        match self.open::<W>(name, self.spec) {
            Ok((mut feeder, consumer)) => {
                let mut over = false;
                for item in items {
                    let sent = feeder.push(item);
                    if over {
                        // As with `map`: nothing comes of this one, and the source may be endless.
                        break;
                    }
                    if sent {
                        feeder.hand_on();
                        over = consumer.is_over();
                    }
                }
                feeder.seal();
                feeder.call();
                MapHandle::new(feeder, consumer, self.spec.fail_fast)
            }
            Err(error) => MapHandle::failed(error),
        }
    }

    fn open_paced<W: Work>(&self, name: &'static str) -> Result<(Feeder, Consumer), TaskError> {
        self.open::<W>(name, CallSpec { paced: true, ..self.spec })
    }

    /// Names the function and announces the call.
    fn open<W: Work>(
        &self,
        name: &'static str,
        mut spec: CallSpec,
    ) -> Result<(Feeder, Consumer), TaskError> {
        let fail = |kind| TaskError::new(kind, 0);
        let invalid = |why: &str| fail(TaskErrorKind::Invalid(why.to_owned()));
        spec.chunk = match self.chunk_size {
            None => None,
            Some(0) => return Err(invalid("chunk_size must be at least 1")),
            Some(tasks) => Some(u32::try_from(tasks).unwrap_or(u32::MAX)),
        };
        if self.window == Some(0) {
            return Err(invalid("window must be at least 1"));
        }
        let function = Function::of::<W>().map_err(|why| fail(TaskErrorKind::Encode(why)))?;
        let call = self.pool.next_call();
        Ok(Feeder::open(&self.pool.dispatcher, call, spec, function, name))
    }

    fn ahead(&self) -> Window {
        match self.window {
            Some(tasks) => Window::fixed((tasks as u64).max(self.chunk())),
            None => Window::growing(
                self.under_way(WINDOW_PER_WORKER),
                self.under_way(WIDEST_PER_WORKER),
            ),
        }
    }

    /// How many tasks may be under way when it should be so many per worker. A chunk goes out only when it is whole, so
    /// there must be room for one in any case: for one that runs in each worker, and one behind it.
    fn under_way(&self, per_worker: u64) -> u64 {
        let per_worker = per_worker.max(self.chunk().saturating_mul(2));
        (self.pool.processes as u64).saturating_mul(per_worker)
    }

    fn chunk(&self) -> u64 {
        self.chunk_size.map_or(1, |tasks| tasks as u64)
    }
}
