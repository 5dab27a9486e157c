//! A handle to all results of a map that runs by itself.
//!
//! Must not know how the tasks run.

use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use serde::de::DeserializeOwned;

use super::feeder::Feeder;
use super::results::Results;
use crate::dispatcher::{Consumer, Delivery};
use crate::error::TaskError;

/// The results of `map_async` and `starmap_async`: to be waited for, polled, or cancelled.
///
/// Dropping the handle does not stop the tasks: they run, and their results are thrown away.
/// It is a [`Future`] as well, for any executor.
///
/// ```
/// let pool = pool_lib::Pool::builder().processes(2).build()?;
/// let squares = pool.map_async(|n: u64| n * n, 1..=3);
/// let cubes = pool.map_async(|n: u64| n * n * n, 1..=3);
/// assert_eq!(cubes.wait()?, [1, 8, 27]);
/// assert_eq!(squares.wait()?, [1, 4, 9]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use = "the results are only to be had from the handle; drop it to let the tasks run without"]
#[doc(alias = "AsyncResult")]
pub struct MapHandle<R> {
    call: Result<Submitted, TaskError>,
    results: PhantomData<fn() -> R>,
}

/// A call that was made; the alternative is an error that was known at once.
struct Submitted {
    feeder: Feeder,
    consumer: Consumer,
    gathered: Mutex<Gathered>,
    fail_fast: bool,
}

/// What has arrived so far, still encoded, so that it can be asked for more than once.
#[derive(Default)]
struct Gathered {
    deliveries: Vec<Delivery>,
    received: u64,
    ended: bool,
}

impl Gathered {
    fn note(&mut self, from: usize, more: bool) {
        let count = |delivery: &Delivery| match delivery {
            Delivery::One(..) => 1,
            Delivery::Dropped(tasks, _) => tasks.end - tasks.start,
        };
        self.received += self.deliveries[from..].iter().map(count).sum::<u64>();
        self.ended |= !more;
    }

    fn is_complete(&self, expected: u64) -> bool {
        self.ended || self.received >= expected
    }
}

impl Submitted {
    /// Takes in what has arrived; waits for the rest until `deadline`, and says whether it came.
    fn gather(&self, deadline: Option<Instant>) -> bool {
        let expected = self.feeder.submitted();
        let mut gathered = self.lock();
        while !gathered.is_complete(expected) {
            let before = gathered.deliveries.len();
            let more = self.consumer.wait(&mut gathered.deliveries, deadline);
            gathered.note(before, more);
            let late = deadline.is_some_and(|deadline| deadline <= Instant::now());
            if late && !gathered.is_complete(expected) {
                return false;
            }
        }
        true
    }

    fn poll(&self, context: &mut Context<'_>) -> Poll<()> {
        let expected = self.feeder.submitted();
        let mut gathered = self.lock();
        while !gathered.is_complete(expected) {
            let before = gathered.deliveries.len();
            match self.consumer.poll(&mut gathered.deliveries, context) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(more) => gathered.note(before, more),
            }
        }
        Poll::Ready(())
    }

    fn results<R: DeserializeOwned>(&self) -> Result<Vec<R>, TaskError> {
        let deliveries = self.lock().deliveries.clone();
        let mut results = Results::new(self.fail_fast);
        deliveries.into_iter().for_each(|delivery| results.take(delivery));
        results.finish(self.feeder.submitted(), self.feeder.fate())
    }

    fn lock(&self) -> MutexGuard<'_, Gathered> {
        // Nothing under the lock can panic half-way.
        self.gathered.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<R: DeserializeOwned> MapHandle<R> {
    /// `feeder` is sealed.
    pub(crate) fn new(feeder: Feeder, consumer: Consumer, fail_fast: bool) -> Self {
        let gathered = Mutex::default();
        let call = Ok(Submitted { feeder, consumer, gathered, fail_fast });
        Self { call, results: PhantomData }
    }

    /// Of a call that could not be made.
    pub(crate) fn failed(error: TaskError) -> Self {
        Self { call: Err(error), results: PhantomData }
    }

    /// Waits for all results and returns them in the order of the input. It waits as long as the
    /// tasks take.
    ///
    /// # Errors
    ///
    /// The error of the lowest index, if any task has none.
    pub fn wait(self) -> Result<Vec<R>, TaskError> {
        let call = self.call?;
        call.gather(None);
        call.results()
    }

    /// Like [`wait`](Self::wait), for at most `timeout`; `None` when that was too short. The tasks
    /// run on, and the handle can be asked again.
    pub fn wait_timeout(&self, timeout: Duration) -> Option<Result<Vec<R>, TaskError>> {
        // A time that cannot be reckoned is longer than anybody waits.
        let deadline = Instant::now().checked_add(timeout);
        match &self.call {
            Ok(call) => call.gather(deadline).then(|| call.results()),
            Err(error) => Some(Err(error.clone())),
        }
    }

    /// Whether [`wait`](Self::wait) would return at once.
    pub fn is_ready(&self) -> bool {
        self.call.as_ref().map_or(true, |call| call.gather(Some(Instant::now())))
    }

    /// Calls the rest off: tasks that wait do not start, and a task that runs is ended together
    /// with its worker, which is replaced. Results that exist are kept. Returns at once; `wait`
    /// tells what became of it.
    pub fn cancel(&self) {
        if let Ok(call) = &self.call {
            call.feeder.cancel(true);
        }
    }
}

impl<R: DeserializeOwned> Future for MapHandle<R> {
    type Output = Result<Vec<R>, TaskError>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        match &self.call {
            Ok(call) => call.poll(context).map(|()| call.results()),
            Err(error) => Poll::Ready(Err(error.clone())),
        }
    }
}
