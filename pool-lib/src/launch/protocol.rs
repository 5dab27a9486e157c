//! What the pool and its fork server say to each other: one packet a message.
//!
//! Must not know how packets travel.

use serde::{Deserialize, Serialize};

use crate::error::RemotePanic;
use crate::ids::WorkerId;
use crate::task::Function;

/// The largest packet, in bytes. A panic's backtrace is cut to fit.
pub(super) const PACKET: usize = 64 << 10;

#[derive(Debug, Serialize, Deserialize)]
pub(super) enum ServerRequest {
    /// First: run this, then begin to serve.
    Begin { preload: Option<Function> },
    /// Fork this worker; its end of the link comes beside the message.
    Fork(WorkerId),
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) enum ServerReply {
    /// `preload` is done with; from now on the server answers at once.
    Serving,
    /// The worker has this process id; its pidfd comes beside the message, if there is room for it.
    Forked(WorkerId, u32),
    /// The worker could not be forked.
    Refused(WorkerId, String),
    /// `preload` panicked; the server ends.
    Broken(RemotePanic),
}
