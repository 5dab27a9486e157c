//! What callers ask of the dispatcher, from any thread.
//!
//! Must not know how it is carried out.

use std::sync::{Arc, OnceLock};

use crossbeam_channel::{Receiver, Sender, unbounded};

use super::delivery::Producer;
use super::input::CallSpec;
use crate::engine::works_for;
use crate::error::TaskErrorKind;
use crate::ids::CallId;
use crate::sys::{Waker, own_pid};
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

/// Where orders go.
pub(crate) struct Orders {
    sender: Sender<Order>,
    waker: Waker,
    /// Why the dispatcher is gone, if it did not end in the usual way.
    fate: Fate,
    /// The process that has a dispatcher: a copy of it that a `fork` made has none.
    owner: u32,
}

/// Why a dispatcher ended; written by it, read by callers that come too late.
pub(crate) type Fate = Arc<OnceLock<TaskErrorKind>>;

impl Orders {
    /// `waker` wakes the thread that has the receiver.
    pub(crate) fn new(waker: Waker) -> (Self, Receiver<Order>, Fate) {
        let (sender, receiver) = unbounded();
        let fate = Fate::default();
        (Self { sender, waker, fate: Arc::clone(&fate), owner: own_pid() }, receiver, fate)
    }

    /// The error of whatever the dispatcher said nothing about, because it is gone.
    pub(super) fn fate(&self) -> TaskErrorKind {
        let known = self.fate.get().cloned();
        known.unwrap_or_else(|| match self.barrier() {
            None => TaskErrorKind::Closed,
            Some(why) => TaskErrorKind::Invalid(why.to_owned()),
        })
    }

    /// Whether the dispatcher can do what is asked for here, before it is waited for.
    pub(super) fn are_heard(&self) -> bool {
        self.barrier().is_none()
    }

    fn barrier(&self) -> Option<&'static str> {
        if self.is_elsewhere() {
            let why = "this process was forked from the one that built the pool, and has no \
                       workers: build a pool of its own here";
            Some(why)
        } else if works_for(&self.waker) {
            let why = "what runs in the pool's own thread (a task that runs inline, or the waker \
                       of a future) cannot wait for the pool";
            Some(why)
        } else {
            None
        }
    }

    /// Whether this is a copy of the process that has the dispatcher.
    fn is_elsewhere(&self) -> bool {
        own_pid() != self.owner
    }

    /// Leaves an order where the dispatcher finds it. If that is gone the order is dropped, and with it whatever it
    /// holds. In a copy of the process the way there may lie as another thread had left it in that moment.
    pub(super) fn give(&self, order: Order) {
        if self.is_elsewhere() {
            return;
        }
        // An error is an order that nobody needs to hear of any more.
        let _ = self.sender.send(order);
    }

    /// Wakes whoever has the receiver, if that sleeps.
    pub(super) fn call(&self) {
        self.waker.wake();
    }
}
