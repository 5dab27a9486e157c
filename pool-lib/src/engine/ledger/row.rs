//! Results that have come in a row.
//!
//! Must not know when they are told.

use crate::ids::TaskId;
use crate::task::Batch;

/// Results of consecutive tasks.
pub(super) struct Row {
    pub(super) task: TaskId,
    pub(super) outputs: Batch,
}

impl Row {
    /// Whether this task is the next one.
    pub(super) fn is_before(&self, task: TaskId) -> bool {
        let next = self.task.index + self.outputs.len() as u64;
        (self.task.call, next) == (task.call, task.index)
    }
}
