//! The way of outcomes from the dispatcher's thread to whoever waits for one call.
//!
//! One end is held by the dispatcher. If it is dropped, for whatever reason, the other end learns that no more will
//! come: nobody waits for a dispatcher that is gone.
//!
//! Must not know what an outcome means.

use std::ops::Range;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Instant;

use super::wakers::Wakers;
use crate::error::{TaskError, TaskErrorKind};
use crate::sys::own_pid;
use crate::task::Batch;

/// Outcomes of one call, in the order in which they came about.
#[derive(Clone, Debug)]
pub(crate) enum Delivery {
    /// The encoded results of consecutive tasks, from this one on.
    Returned(u64, Batch),
    /// Why this task has no result.
    Failed(u64, TaskError),
    /// Tasks that never started.
    Dropped(Range<u64>, TaskErrorKind),
}

impl Delivery {
    /// Whose outcomes it carries.
    pub(crate) fn tasks(&self) -> Range<u64> {
        match self {
            Delivery::Returned(first, results) => *first..*first + results.len() as u64,
            Delivery::Failed(index, _) => *index..*index + 1,
            Delivery::Dropped(tasks, _) => tasks.clone(),
        }
    }

    /// Whether it tells that no task of the call is taken any more, whatever comes yet.
    pub(crate) fn is_the_last_word(&self) -> bool {
        match self {
            Delivery::Returned(..) | Delivery::Failed(..) => false,
            // This one is of a single task.
            Delivery::Dropped(_, kind) => !matches!(kind, TaskErrorKind::Encode(_)),
        }
    }

    /// How many they are.
    pub(crate) fn count(&self) -> u64 {
        let tasks = self.tasks();
        tasks.end - tasks.start
    }
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    news: Condvar,
}

struct State {
    arrived: Vec<Delivery>,
    /// How many outcomes have arrived, whether or not they were taken.
    outcomes: u64,
    /// How many of them were taken.
    taken: u64,
    /// Waking somebody is of use when so many have arrived.
    wanted: u64,
    ended: bool,
    /// Whether no task is taken any more.
    over: bool,
    /// Whether nobody will take anything any more.
    abandoned: bool,
    /// How many threads wait.
    waiting: u32,
    waker: Option<Waker>,
}

impl Default for State {
    fn default() -> Self {
        Self {
            arrived: Vec::new(),
            outcomes: 0,
            taken: 0,
            wanted: u64::MAX,
            ended: false,
            over: false,
            abandoned: false,
            waiting: 0,
            waker: None,
        }
    }
}

/// The dispatcher's end.
pub(crate) struct Producer {
    shared: Arc<Shared>,
    /// Collected during one turn, so that the consumer is woken once.
    collected: Vec<Delivery>,
}

/// The caller's end.
pub(crate) struct Consumer {
    shared: Arc<Shared>,
    /// The process that made the call.
    owner: u32,
}

pub(crate) fn channel() -> (Producer, Consumer) {
    let shared = Arc::<Shared>::default();
    let producer = Producer { shared: Arc::clone(&shared), collected: Vec::new() };
    (producer, Consumer { shared, owner: own_pid() })
}

impl Producer {
    pub(crate) fn push(&mut self, delivery: Delivery) {
        self.collected.push(delivery);
    }

    /// Hands over what was collected, and wakes the consumer; if that is a future, by the waker that is added here.
    pub(crate) fn flush(&mut self, wakers: &mut Wakers) {
        if self.collected.is_empty() {
            return;
        }
        let mut state = self.shared.lock();
        if state.abandoned {
            drop(state);
            self.collected.clear();
            return;
        }
        state.over |= self.collected.iter().any(Delivery::is_the_last_word);
        state.outcomes += self.collected.iter().map(Delivery::count).sum::<u64>();
        if state.arrived.is_empty() {
            std::mem::swap(&mut state.arrived, &mut self.collected);
        } else {
            state.arrived.append(&mut self.collected);
        }
        wakers.add(self.shared.wake(state));
    }

    /// There will be no more.
    pub(crate) fn end(&mut self, wakers: &mut Wakers) {
        self.flush(wakers);
        let mut state = self.shared.lock();
        state.ended = true;
        wakers.add(self.shared.wake(state));
    }
}

impl Drop for Producer {
    /// Of a call that nobody has ended: its order was never heard, or the driver is gone.
    fn drop(&mut self) {
        let mut wakers = Wakers::default();
        self.end(&mut wakers);
        wakers.wake();
    }
}

impl Drop for Consumer {
    /// What has arrived is let go now, and what is yet to come when it comes: the call may have long to go.
    fn drop(&mut self) {
        let Some(mut state) = self.lock_here() else { return };
        state.abandoned = true;
        let (arrived, waker) = (std::mem::take(&mut state.arrived), state.waker.take());
        drop(state);
        drop((arrived, waker));
    }
}

impl Consumer {
    /// Moves what has arrived to the end of `into`; waits before until there are `wanted` outcomes,
    /// until `deadline`, or without limit. `false` means that nothing more will ever come.
    pub(crate) fn wait(
        &self,
        into: &mut Vec<Delivery>,
        wanted: u64,
        deadline: Option<Instant>,
    ) -> bool {
        let mut state = self.shared.wait_for(|state| state.taken + wanted, deadline);
        state.taken = state.outcomes;
        into.append(&mut state.arrived);
        !state.ended
    }

    /// Whether it is of no use to submit more tasks.
    pub(crate) fn is_over(&self) -> bool {
        self.lock_here().is_none_or(|state| state.ended || state.over)
    }

    /// Whether so many outcomes have arrived and were not taken, or no more will come.
    pub(crate) fn has(&self, wanted: u64) -> bool {
        let state = self.shared.lock();
        state.ended || state.outcomes >= state.taken + wanted
    }

    /// Whether so many outcomes have arrived, or no more will come.
    pub(crate) fn has_had(&self, outcomes: u64) -> bool {
        self.lock_here().is_none_or(|state| state.ended || state.outcomes >= outcomes)
    }

    /// Waits until so many outcomes have arrived, or no more will come; `false` means that the time
    /// was up first. Takes nothing, so that any number of threads may wait.
    pub(crate) fn wait_for(&self, outcomes: u64, deadline: Option<Instant>) -> bool {
        let state = self.shared.wait_for(|_| outcomes, deadline);
        state.ended || state.outcomes >= outcomes
    }

    /// Like [`wait_for`](Self::wait_for), for a future: registers for a wake-up instead of waiting.
    pub(crate) fn poll_for(&self, outcomes: u64, context: &mut Context<'_>) -> Poll<()> {
        // To copy a waker, and to drop one, is the program's code: not under the lock.
        let mut waker = None;
        loop {
            let mut state = self.shared.lock();
            if state.ended || state.outcomes >= outcomes {
                drop(state);
                return Poll::Ready(());
            }
            let known = state.waker.as_ref().is_some_and(|known| known.will_wake(context.waker()));
            if known || waker.is_some() {
                let last =
                    if known { None } else { std::mem::replace(&mut state.waker, waker.take()) };
                drop(state);
                drop(last);
                return Poll::Pending;
            }
            drop(state);
            waker = Some(context.waker().clone());
        }
    }

    /// A copy of what has arrived and was not taken.
    pub(crate) fn arrived(&self) -> Vec<Delivery> {
        self.lock_here().map_or(Vec::new(), |state| state.arrived.clone())
    }

    /// Takes what has arrived.
    pub(crate) fn take(&self) -> Vec<Delivery> {
        let Some(mut state) = self.lock_here() else { return Vec::new() };
        state.taken = state.outcomes;
        std::mem::take(&mut state.arrived)
    }

    /// `None` in a copy of the process that a `fork` made: nothing comes there, and if the lock was held in that moment nobody
    /// lets go of it.
    fn lock_here(&self) -> Option<MutexGuard<'_, State>> {
        (own_pid() == self.owner).then(|| self.shared.lock())
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing under the lock can panic half-way.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until as many outcomes have arrived as `wanted` says, while more can come and there is time.
    fn wait_for(
        &self,
        wanted: impl Fn(&State) -> u64,
        deadline: Option<Instant>,
    ) -> MutexGuard<'_, State> {
        let mut state = self.lock();
        state.waiting += 1;
        let wanted = wanted(&state);
        while state.outcomes < wanted && !state.ended {
            state.wanted = state.wanted.min(wanted);
            state = match deadline {
                None => self.news.wait(state).unwrap_or_else(PoisonError::into_inner),
                Some(deadline) => {
                    let left = deadline.saturating_duration_since(Instant::now());
                    if left.is_zero() {
                        break;
                    }
                    let waited = self.news.wait_timeout(state, left);
                    waited.unwrap_or_else(PoisonError::into_inner).0
                }
            };
        }
        state.waiting -= 1;
        state
    }

    /// Wakes the threads that wait, if there is enough; returns the waker of the future that does.
    fn wake(&self, mut state: MutexGuard<'_, State>) -> Option<Waker> {
        let enough = state.ended || state.outcomes >= state.wanted;
        let waiting = enough && state.waiting > 0;
        if enough {
            // Who is woken and finds too few says again how many it wants.
            state.wanted = u64::MAX;
        }
        let waker = state.waker.take();
        drop(state);
        if waiting {
            self.news.notify_all();
        }
        waker
    }
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;
    use std::time::Duration;

    use super::*;
    use crate::sys::Draft;

    #[test]
    fn what_was_pushed_arrives_before_the_end() {
        let (mut producer, consumer) = channel();
        producer.push(Delivery::Dropped(0..3, TaskErrorKind::Closed));
        let mut arrived = Vec::new();
        let soon = Some(Instant::now() + Duration::from_millis(1));
        assert!(consumer.wait(&mut arrived, 1, soon), "nothing was flushed, and nothing has ended");
        assert!(arrived.is_empty());
        drop(producer);
        assert!(!consumer.wait(&mut arrived, 4, None));
        assert_eq!(arrived.len(), 1);
    }

    #[test]
    fn nothing_is_kept_for_a_consumer_that_is_gone() {
        let memory = Arc::new(Draft::create(1).unwrap().seal().unwrap());
        let result = || {
            let mut results = Batch::default();
            results.push_encoded(Cow::Borrowed(&[]), vec![Arc::clone(&memory)]);
            Delivery::Returned(0, results)
        };
        let (mut producer, consumer) = channel();
        let mut wakers = Wakers::default();
        producer.push(result());
        producer.flush(&mut wakers);
        producer.push(result());
        assert_eq!(Arc::strong_count(&memory), 3);
        drop(consumer);
        assert_eq!(Arc::strong_count(&memory), 2);
        producer.flush(&mut wakers);
        assert_eq!(Arc::strong_count(&memory), 1);
    }

    #[test]
    fn a_sleeping_consumer_is_woken_by_the_end() {
        let (producer, consumer) = channel();
        let waiter = std::thread::spawn(move || consumer.wait(&mut Vec::new(), 1, None));
        drop(producer);
        assert!(!waiter.join().unwrap());
    }
}
