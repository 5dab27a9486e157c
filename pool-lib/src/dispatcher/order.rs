//! What callers ask of the dispatcher, from any thread.
//!
//! Must not know how it is carried out.

use std::sync::{Arc, OnceLock};

use crossbeam_channel::{Receiver, Sender, unbounded};

use super::delivery::Producer;
use super::input::CallSpec;
use crate::error::TaskErrorKind;
use crate::ids::CallId;
use crate::sys::Waker;
use crate::task::{Batch, Function};

pub(crate) enum Order {
    /// A new call.
    Open { call: CallId, spec: CallSpec, function: Function, name: &'static str, to: Producer },
    /// The next tasks of a call.
    Append { call: CallId, batch: Arc<Batch> },
    /// The next task of a call cannot be sent, for this reason.
    Refuse { call: CallId, kind: TaskErrorKind },
    /// The call is complete.
    Seal { call: CallId },
    /// No more tasks of the call shall start; with `running`, those that run are killed.
    Cancel { call: CallId, running: bool },
    /// No more calls.
    Close,
    /// No more calls, and nothing more of those that were made than what runs.
    Drain,
    /// No more anything.
    Terminate,
}

/// Where orders go. A copy for everybody who may give some.
#[derive(Clone)]
pub(crate) struct Orders {
    sender: Sender<Order>,
    waker: Waker,
    /// Why the dispatcher is gone, if it did not end in the usual way.
    fate: Fate,
}

/// Why a dispatcher ended; written by it, read by callers that come too late.
pub(crate) type Fate = Arc<OnceLock<TaskErrorKind>>;

impl Orders {
    /// `waker` wakes the thread that has the receiver.
    pub(crate) fn new(waker: Waker) -> (Self, Receiver<Order>, Fate) {
        let (sender, receiver) = unbounded();
        let fate = Fate::default();
        (Self { sender, waker, fate: Arc::clone(&fate) }, receiver, fate)
    }

    /// The error of whatever the dispatcher said nothing about, because it is gone.
    pub(crate) fn fate(&self) -> TaskErrorKind {
        self.fate.get().cloned().unwrap_or(TaskErrorKind::Closed)
    }

    /// Gives an order. If the dispatcher is gone it is dropped, and with it whatever it holds: a
    /// call's producer, for one, so that its consumer learns of it.
    pub(crate) fn give(&self, order: Order) {
        if self.sender.send(order).is_ok() {
            self.waker.wake();
        }
    }
}
