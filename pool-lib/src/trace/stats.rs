//! Totals over the event stream.
//!
//! Must not know the pool: a [`Stats`] is a fold over events and nothing else.

use std::collections::BTreeMap;
use std::time::Duration;

use super::event::{Ending, Event, EventKind};
use crate::ids::WorkerId;

/// Totals of what a pool did so far.
///
/// ```
/// let pool = pool_lib::Pool::builder().processes(2).build()?;
/// pool.map(|n: u64| n + 1, 0..10)?;
/// let stats = pool.stats();
/// assert_eq!((stats.submitted, stats.returned, stats.failed), (10, 10, 0));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stats {
    /// Calls made.
    pub calls: u64,
    /// Tasks submitted.
    pub submitted: u64,
    /// Tasks with a result.
    pub returned: u64,
    /// Tasks that ended without a result: those that ran, and those that never did.
    pub failed: u64,
    /// Attempts that were followed by another.
    pub retried: u64,
    /// Time that workers spent in tasks, all together.
    pub busy: Duration,
    /// Bytes of arguments submitted, encoded.
    pub bytes_in: u64,
    /// Bytes of results, encoded.
    pub bytes_out: u64,
    /// Worker processes started.
    pub workers_started: u64,
    /// Worker processes that have ended, for whatever reason.
    pub workers_ended: u64,
    /// Workers that could not be started, or ended before they were ready. While it grows, the pool works with
    /// fewer workers than it was told to keep; [`EventKind::WorkerFailed`] says why.
    pub workers_failed: u64,
    /// The process ids of the workers that live now.
    pub pids: BTreeMap<WorkerId, u32>,
}

impl Stats {
    /// The fold's step: takes one more event into account.
    pub fn record(&mut self, event: &Event) {
        match &event.kind {
            EventKind::CallOpened { .. } => self.calls += 1,
            EventKind::TasksSubmitted { count, bytes, .. } => {
                self.submitted += count;
                self.bytes_in += bytes;
            }
            EventKind::TaskEnded { ending, took, bytes, .. } => {
                self.record_row(1, *took, *bytes, *ending);
            }
            EventKind::TaskRetried { .. } => {
                // The attempt was counted as a failure when it ended; it was not the task's outcome.
                self.failed -= 1;
                self.retried += 1;
            }
            EventKind::TasksDropped { count, .. } => self.failed += count,
            EventKind::WorkerStarted { worker, pid } => {
                self.workers_started += 1;
                self.pids.insert(*worker, *pid);
            }
            EventKind::WorkerFailed { .. } => self.workers_failed += 1,
            EventKind::WorkerEnded { worker, .. } => {
                self.workers_ended += u64::from(self.pids.remove(worker).is_some());
            }
            _ => {}
        }
    }

    /// The same for several tasks at once that ended alike.
    pub(super) fn record_row(&mut self, count: u64, took: Duration, bytes: u64, ending: Ending) {
        self.busy += took;
        self.bytes_out += bytes;
        match ending {
            Ending::Returned => self.returned += count,
            _ => self.failed += count,
        }
    }

    /// Tasks that have an outcome.
    pub fn done(&self) -> u64 {
        self.returned + self.failed
    }
}
