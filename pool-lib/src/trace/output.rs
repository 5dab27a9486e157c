//! How much of what workers print is passed on: up to a quota, and the rest is counted.
//!
//! Must not know who prints, or where the lines go.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use super::event::EventKind;
use crate::ids::WorkerId;

/// What an event costs beside its text, in bytes: so much that empty lines are not free.
const OVERHEAD: u64 = 256;

/// Room for output, in bytes.
pub(super) struct Quota {
    room: u64,
    used: Arc<AtomicU64>,
    /// Refused and not yet told of: lines, and their bytes.
    refused: Mutex<BTreeMap<WorkerId, (u64, u64)>>,
}

/// Gives back the room that output took.
#[derive(Clone)]
pub(super) struct Release(Arc<AtomicU64>);

impl Quota {
    pub(super) fn new(room: u64) -> Self {
        Self { room, used: Arc::default(), refused: Mutex::default() }
    }

    pub(super) fn release(&self) -> Release {
        Release(Arc::clone(&self.used))
    }

    /// What is to be passed on where `kind` comes: itself, nothing, or first what is missing before it.
    pub(super) fn admit(&self, kind: &EventKind) -> (Option<EventKind>, bool) {
        match kind {
            EventKind::Output { worker, line, .. } => {
                let size = cost(kind);
                let fits = self.used.load(Ordering::Relaxed) + size <= self.room;
                if !fits {
                    let mut refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
                    let (lines, bytes) = refused.entry(*worker).or_default();
                    (*lines, *bytes) = (*lines + 1, *bytes + line.len() as u64);
                    return (None, false);
                }
                self.used.fetch_add(size, Ordering::Relaxed);
                (self.gap(*worker), true)
            }
            EventKind::WorkerEnded { worker, .. } => (self.gap(*worker), true),
            _ => (None, true),
        }
    }

    /// What the worker has printed since the last line that was passed on.
    fn gap(&self, worker: WorkerId) -> Option<EventKind> {
        let mut refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
        let (lines, bytes) = refused.remove(&worker)?;
        Some(EventKind::OutputCut { worker, lines, bytes })
    }
}

impl Release {
    /// This has been heard.
    pub(super) fn heard(&self, kind: &EventKind) {
        self.0.fetch_sub(cost(kind), Ordering::Relaxed);
    }
}

fn cost(kind: &EventKind) -> u64 {
    match kind {
        EventKind::Output { line, .. } => line.len() as u64 + OVERHEAD,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::super::event::OutputStream;
    use super::*;

    const WORKER: WorkerId = WorkerId { slot: 0, generation: 0 };

    fn output(len: usize) -> EventKind {
        let (task, stream) = (None, OutputStream::Stdout);
        EventKind::Output { worker: WORKER, task, stream, line: "x".repeat(len) }
    }

    #[test]
    fn what_finds_no_room_is_counted_and_told_before_what_comes_next() {
        let quota = Quota::new(3 * OVERHEAD);
        assert_eq!(quota.admit(&output(100)), (None, true));
        assert_eq!(quota.admit(&output(2 * OVERHEAD as usize)), (None, false));
        assert_eq!(quota.admit(&output(1000)), (None, false));
        assert_eq!(
            quota.admit(&output(10)),
            (
                Some(EventKind::OutputCut { worker: WORKER, lines: 2, bytes: 2 * OVERHEAD + 1000 }),
                true
            )
        );
        assert_eq!(quota.admit(&output(200)), (None, false));
        quota.release().heard(&output(100));
        assert!(quota.admit(&output(0)).1);
        let other = WorkerId { slot: 1, generation: 0 };
        let (pid, exit) = (None, crate::error::WorkerExit::Unknown);
        assert_eq!(quota.admit(&EventKind::WorkerEnded { worker: other, pid, exit }), (None, true));
        assert_eq!(quota.admit(&output(1000)), (None, false));
        let gap = EventKind::OutputCut { worker: WORKER, lines: 1, bytes: 1000 };
        let end = EventKind::WorkerEnded { worker: WORKER, pid, exit };
        assert_eq!(quota.admit(&end), (Some(gap), true));
        assert_eq!(quota.admit(&end), (None, true));
    }
}
