//! A handle to all results of a map that runs by itself.
//!
//! Must not know how the tasks run.

use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use serde::de::DeserializeOwned;

use super::feeder::Feeder;
use super::results::{Results, place};
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

/// A call that was made; the alternative is an error that was known at once. What arrives stays with
/// the consumer, still encoded, so that it can be asked for more than once and from several threads.
struct Submitted {
    feeder: Feeder,
    consumer: Consumer,
    fail_fast: bool,
}

impl Submitted {
    /// Waits for all outcomes until `deadline`, and says whether they came.
    fn wait(&self, deadline: Option<Instant>) -> bool {
        self.feeder.wait_for_all(&self.consumer, deadline)
    }

    fn results<R: DeserializeOwned + 'static>(
        &self,
        deliveries: Vec<Delivery>,
    ) -> Result<Vec<R>, TaskError> {
        let expected = place(self.feeder.submitted());
        let mut results = Results::new(self.fail_fast, expected);
        deliveries.into_iter().for_each(|delivery| results.take(delivery));
        results.finish(self.feeder.submitted(), self.feeder.fate())
    }
}

impl<R: DeserializeOwned + 'static> MapHandle<R> {
    /// `feeder` is sealed.
    pub(crate) fn new(feeder: Feeder, consumer: Consumer, fail_fast: bool) -> Self {
        let call = Ok(Submitted { feeder, consumer, fail_fast });
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
        call.wait(None);
        call.results(call.consumer.take())
    }

    /// Like [`wait`](Self::wait), for at most `timeout`; `None` when that was too short. The tasks
    /// run on, and the handle can be asked again.
    pub fn wait_timeout(&self, timeout: Duration) -> Option<Result<Vec<R>, TaskError>> {
        // A time that cannot be reckoned is longer than anybody waits.
        let deadline = Instant::now().checked_add(timeout);
        match &self.call {
            Ok(call) => call.wait(deadline).then(|| call.results(call.consumer.arrived())),
            Err(error) => Some(Err(error.clone())),
        }
    }

    /// Whether [`wait`](Self::wait) would return at once.
    pub fn is_ready(&self) -> bool {
        self.call.as_ref().map_or(true, |call| call.consumer.has_had(call.feeder.submitted()))
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

impl<R: DeserializeOwned + 'static> Future for MapHandle<R> {
    type Output = Result<Vec<R>, TaskError>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        match &self.call {
            Ok(call) if call.feeder.is_answered() => {
                let ready = call.consumer.poll_for(call.feeder.submitted(), context);
                ready.map(|()| call.results(call.consumer.arrived()))
            }
            Ok(call) => Poll::Ready(call.results(Vec::new())),
            Err(error) => Poll::Ready(Err(error.clone())),
        }
    }
}
