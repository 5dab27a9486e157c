//! What a worker said at the end of tasks, made into results or the reason why there are none.
//!
//! Must not trust the bytes: they are a worker's, and may be anything.

use crate::codec;
use crate::error::{RemotePanic, TaskErrorKind};
use crate::task::{Batch, Verdict};
use crate::trace::Ending;

/// What a worker said at the end of tasks.
pub(super) struct Reply {
    pub(super) verdict: Verdict,
    /// One for each task.
    pub(super) outputs: Batch,
}

impl Reply {
    /// The encoded results, or why there is none.
    pub(super) fn into_results(self) -> Result<Batch, TaskErrorKind> {
        if self.verdict == Verdict::Returned {
            return Ok(self.outputs);
        }
        let bytes = self.outputs.into_bytes();
        let text = || String::from_utf8_lossy(&bytes).into_owned();
        Err(match self.verdict {
            Verdict::Panicked => match codec::decode::<RemotePanic>(&bytes) {
                Ok(panic) => TaskErrorKind::Panicked(panic),
                Err(why) => TaskErrorKind::Decode(why),
            },
            Verdict::Undecodable => TaskErrorKind::Decode(text()),
            Verdict::Unencodable => TaskErrorKind::Encode(text()),
            Verdict::Unknown | Verdict::Returned => {
                TaskErrorKind::Encode("the worker does not know the function".to_owned())
            }
        })
    }

    /// The same, as the trace has it.
    pub(super) fn ending(&self) -> Ending {
        match self.verdict {
            Verdict::Returned => Ending::Returned,
            Verdict::Panicked => Ending::Panicked,
            _ => Ending::Unsendable,
        }
    }
}
