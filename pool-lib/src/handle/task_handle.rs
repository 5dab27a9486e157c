//! A handle to the result of one task.
//!
//! Must not know more than that it is a map over one item.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use serde::de::DeserializeOwned;

use super::map_handle::MapHandle;
use crate::error::TaskError;

/// The result of `apply_async`: to be waited for, polled, or cancelled.
///
/// Dropping the handle does not stop the task: it runs, and its result is thrown away. Handles
/// can be waited for in any order, and from any thread. A handle is a [`Future`] as well, for any
/// executor.
///
/// ```
/// use std::time::Duration;
///
/// let pool = pool_lib::Pool::builder().processes(2).build()?;
/// let handle = pool.apply_async(|name: String| name.len(), "Margaret".to_owned());
/// let length = loop {
///     if let Some(length) = handle.wait_timeout(Duration::from_secs(1)) {
///         break length?;
///     }
/// };
/// assert_eq!(length, 8);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use = "the result is only to be had from the handle; drop it to let the task run without"]
#[doc(alias = "AsyncResult")]
pub struct TaskHandle<R>(MapHandle<R>);

impl<R: DeserializeOwned + 'static> TaskHandle<R> {
    /// `handle` is of a call with one task.
    pub(crate) fn new(handle: MapHandle<R>) -> Self {
        Self(handle)
    }

    /// Waits for the result, as long as the task takes.
    ///
    /// # Errors
    ///
    /// Whatever kept the task from having a result.
    pub fn wait(self) -> Result<R, TaskError> {
        self.0.wait().map(only)
    }

    /// Like [`wait`](Self::wait), for at most `timeout`; `None` when that was too short. The task
    /// runs on, and the handle can be asked again.
    pub fn wait_timeout(&self, timeout: Duration) -> Option<Result<R, TaskError>> {
        self.0.wait_timeout(timeout).map(|result| result.map(only))
    }

    /// Whether [`wait`](Self::wait) would return at once.
    pub fn is_ready(&self) -> bool {
        self.0.is_ready()
    }

    /// Calls the task off: if it waits it does not start; if it runs it is ended together with its
    /// worker, which is replaced. A result that exists is kept. Returns at once; `wait` tells what
    /// became of it.
    pub fn cancel(&self) {
        self.0.cancel();
    }
}

impl<R: DeserializeOwned + 'static> Future for TaskHandle<R> {
    type Output = Result<R, TaskError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.0).poll(context).map(|result| result.map(only))
    }
}

/// The single result of a call with one task.
pub(crate) fn only<R>(results: Vec<R>) -> R {
    results.into_iter().next().expect("a call with one task that did not fail has one result")
}
