//! What a worker said at the end of a task.
//!
//! Must not know which task it was, or who waits for it.

use crate::codec;
use crate::error::{RemotePanic, TaskErrorKind};
use crate::task::Verdict;

/// What a worker said at the end of a task.
pub(super) struct Reply {
    pub(super) verdict: Verdict,
    pub(super) bytes: Vec<u8>,
}

impl Reply {
    /// The encoded result, or why there is none. The bytes are a worker's: they may be anything.
    pub(super) fn into_result(self) -> Result<Vec<u8>, TaskErrorKind> {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        match self.verdict {
            Verdict::Returned => Ok(self.bytes),
            Verdict::Panicked => Err(match codec::decode::<RemotePanic>(&self.bytes) {
                Ok(panic) => TaskErrorKind::Panicked(panic),
                Err(why) => TaskErrorKind::Decode(why),
            }),
            Verdict::Undecodable => Err(TaskErrorKind::Decode(text(&self.bytes))),
            Verdict::Unencodable => Err(TaskErrorKind::Encode(text(&self.bytes))),
            Verdict::Unknown => {
                Err(TaskErrorKind::Encode("the worker does not know the function".to_owned()))
            }
        }
    }
}
