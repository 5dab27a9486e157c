//! Submitting the tasks of one call: encodes arguments and sends them on in groups.
//!
//! Must not know what becomes of them.

use std::sync::Arc;
use std::time::{Duration, Instant};

use serde::Serialize;

use crate::dispatcher::{CallSpec, Consumer, Delivery, Dispatcher, Order, channel};
use crate::error::TaskErrorKind;
use crate::ids::CallId;
use crate::task::{Batch, Function};

/// The most tasks, and about the most bytes, that are held back to travel together.
const GROUP: usize = 1024;
const GROUP_BYTES: usize = 64 << 10;
/// Nor is a task held back much longer than this for others to join it.
const HOLD: Duration = Duration::from_micros(200);
/// A caller that waits for no more than so many tasks drives the pool meanwhile. With more, the dispatcher's thread
/// does that while the caller encodes and decodes.
const FEW: u64 = 16;
/// After so many tasks, at the most, the clock is looked at, which costs as much as encoding some small ones.
const CLOCK: usize = 64;

/// The caller's end of a call. Dropped before it is sealed, it calls the rest off.
pub(crate) struct Feeder {
    dispatcher: Arc<Dispatcher>,
    call: CallId,
    batch: Batch,
    /// When tasks were last sent on; `None` before the first one was.
    since: Option<Instant>,
    /// How many tasks to wait for; grows, so that the first ones start early.
    group: usize,
    /// With how many of them to look at the clock.
    look: usize,
    submitted: u64,
    /// Of all arguments that were sent on.
    bytes: u64,
    sealed: bool,
}

impl Feeder {
    pub(crate) fn open(
        dispatcher: &Arc<Dispatcher>,
        call: CallId,
        spec: CallSpec,
        function: Function,
        name: &'static str,
    ) -> (Self, Consumer) {
        let (to, consumer) = channel();
        dispatcher.give_quietly(Order::Open { call, spec, function, name, to });
        let batch = Batch::default();
        let since = None;
        let dispatcher = Arc::clone(dispatcher);
        let (group, look) = (1, 1);
        let (submitted, bytes, sealed) = (0, 0, false);
        let feeder = Self { dispatcher, call, batch, since, group, look, submitted, bytes, sealed };
        (feeder, consumer)
    }

    /// Adds a task, which is heard of when somebody [`wait`](Self::wait)s or [`call`](Self::call)s. One whose argument
    /// cannot be encoded fails by itself. Says whether tasks were sent on.
    ///
    /// The argument is dropped when all is done: that is the program's code, which may panic.
    pub(crate) fn push<A: Serialize + 'static>(&mut self, mut argument: A) -> bool {
        self.submitted += 1;
        if let Err(why) = self.batch.push(&mut argument) {
            self.flush();
            let kind = TaskErrorKind::Encode(why);
            self.give(Order::Refuse { call: self.call, kind });
            return true;
        }
        let full = self.batch.len() >= self.group || self.batch.size() >= GROUP_BYTES;
        if !full && self.batch.len() < self.look {
            return false;
        }
        let elapsed = self.since.map_or(Duration::ZERO, |since| since.elapsed());
        let late = elapsed >= HOLD;
        self.look_again(elapsed);
        if full || late {
            self.flush();
            // A source that takes its time shall not hold back what it has given.
            self.group = if late { (self.group / 2).max(1) } else { (self.group * 2).min(GROUP) };
        }
        full || late
    }

    /// Sooner, the longer tasks are in coming: at the pace of those before, a quarter of the time is over by then.
    fn look_again(&mut self, elapsed: Duration) {
        let each = elapsed.as_nanos() / self.batch.len().max(1) as u128;
        let more = usize::try_from((HOLD / 4).as_nanos() / each.max(1)).unwrap_or(CLOCK);
        self.look = self.batch.len() + more.clamp(1, CLOCK);
    }

    /// Sends on what is held back.
    pub(crate) fn flush(&mut self) {
        if self.batch.len() > 0 {
            self.bytes += self.batch.size() as u64;
            // One that went before it was full may be followed by anything.
            let full = self.batch.len() >= self.group;
            let next = if full { self.batch.successor() } else { Batch::default() };
            let batch = Arc::new(std::mem::replace(&mut self.batch, next));
            self.give(Order::Append { call: self.call, batch });
            self.since = Some(Instant::now());
            self.look = 1;
        }
    }

    /// There will be no more tasks.
    pub(crate) fn seal(&mut self) {
        if !self.sealed {
            self.flush();
            self.sealed = true;
            self.give(Order::Seal { call: self.call });
        }
    }

    /// Sees to it that the tasks sent on so far are heard of, for whoever does not [`wait`](Self::wait) for them now.
    pub(crate) fn call(&self) {
        self.dispatcher.call();
    }

    /// Sees to it that the tasks sent on so far are handed out before the source is asked for the next one, which may take its
    /// time.
    pub(crate) fn hand_on(&self) {
        // Of more than a few the dispatcher has heard.
        if self.has_few() && self.is_answered() {
            self.dispatcher.drive(|| true);
        }
    }

    fn give(&self, order: Order) {
        if self.has_few() {
            self.dispatcher.give_quietly(order);
        } else {
            self.dispatcher.give(order);
        }
    }

    fn has_few(&self) -> bool {
        self.submitted <= FEW
    }

    /// Whether an answer can be waited for here.
    pub(crate) fn is_answered(&self) -> bool {
        self.dispatcher.hears()
    }

    /// As [`Consumer::wait`]; what was sent on is heard of.
    pub(crate) fn wait(
        &self,
        consumer: &Consumer,
        into: &mut Vec<Delivery>,
        wanted: u64,
        deadline: Option<Instant>,
    ) -> bool {
        if !self.is_answered() {
            return false;
        }
        if self.has_few() {
            self.dispatcher.drive(|| consumer.has(wanted) || is_over(deadline));
        }
        consumer.wait(into, wanted, deadline)
    }

    /// As [`Consumer::wait_for`], for all tasks submitted. Where none is answered there is nothing to wait for.
    pub(crate) fn wait_for_all(&self, consumer: &Consumer, deadline: Option<Instant>) -> bool {
        if !self.is_answered() {
            return true;
        }
        if self.has_few() {
            self.dispatcher.drive(|| consumer.has_had(self.submitted) || is_over(deadline));
        }
        consumer.wait_for(self.submitted, deadline)
    }

    /// No more tasks of this call shall start; with `running`, those that run are killed.
    pub(crate) fn cancel(&self, running: bool) {
        self.dispatcher.give(Order::Cancel { call: self.call, running });
    }

    pub(crate) fn submitted(&self) -> u64 {
        self.submitted
    }

    /// How long an argument is, in bytes, as a mean.
    pub(crate) fn bytes_each(&self) -> u64 {
        self.bytes / self.submitted.max(1)
    }

    /// The error of a task about which the dispatcher says nothing, because it is gone.
    pub(crate) fn fate(&self) -> TaskErrorKind {
        self.dispatcher.fate()
    }
}

impl Drop for Feeder {
    fn drop(&mut self) {
        if !self.sealed {
            self.batch = Batch::default();
            self.cancel(false);
            self.seal();
            self.call();
        }
    }
}

fn is_over(deadline: Option<Instant>) -> bool {
    deadline.is_some_and(|deadline| deadline <= Instant::now())
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;
    use crate::dispatcher::restless;

    /// Who drives is held up by whatever the workers say; not beyond the time that he has, though.
    #[test]
    fn a_caller_that_drives_sees_when_its_time_is_up() {
        let (ended, end) = std::sync::mpsc::channel();
        thread::spawn(move || {
            let function = Function { offset: 0, check: 0 };
            let (call, spec) = (CallId(0), CallSpec::default());
            let (mut feeder, consumer) = Feeder::open(&restless(), call, spec, function, "");
            feeder.push(1);
            let deadline = || Some(Instant::now() + Duration::from_millis(5));
            assert!(feeder.wait(&consumer, &mut Vec::new(), 1, deadline()));
            assert!(!feeder.wait_for_all(&consumer, deadline()));
            ended.send(()).unwrap();
        });
        end.recv_timeout(Duration::from_secs(60)).expect("the time was up long ago");
    }
}
