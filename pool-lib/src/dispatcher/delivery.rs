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

use crate::error::{TaskError, TaskErrorKind};

/// Outcomes of one call, in the order in which they came about.
#[derive(Clone, Debug)]
pub(crate) enum Delivery {
    /// One task's encoded result, or why there is none.
    One(u64, Result<Vec<u8>, TaskError>),
    /// Tasks that never started.
    Dropped(Range<u64>, TaskErrorKind),
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    news: Condvar,
}

#[derive(Default)]
struct State {
    arrived: Vec<Delivery>,
    ended: bool,
    waiting: bool,
    waker: Option<Waker>,
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
}

pub(crate) fn channel() -> (Producer, Consumer) {
    let shared = Arc::<Shared>::default();
    (Producer { shared: Arc::clone(&shared), collected: Vec::new() }, Consumer { shared })
}

impl Producer {
    pub(crate) fn push(&mut self, delivery: Delivery) {
        self.collected.push(delivery);
    }

    /// Hands over what was collected, and wakes the consumer.
    pub(crate) fn flush(&mut self) {
        if self.collected.is_empty() {
            return;
        }
        let mut state = self.shared.lock();
        if state.arrived.is_empty() {
            std::mem::swap(&mut state.arrived, &mut self.collected);
        } else {
            state.arrived.append(&mut self.collected);
        }
        self.shared.wake(state);
    }
}

impl Drop for Producer {
    fn drop(&mut self) {
        self.flush();
        let mut state = self.shared.lock();
        state.ended = true;
        self.shared.wake(state);
    }
}

impl Consumer {
    /// Moves what has arrived to the end of `into`; waits until there is something, until
    /// `deadline`, or without limit. `false` means that nothing more will ever come.
    pub(crate) fn wait(&self, into: &mut Vec<Delivery>, deadline: Option<Instant>) -> bool {
        let mut state = self.shared.lock();
        while state.arrived.is_empty() && !state.ended {
            state.waiting = true;
            state = match deadline {
                None => self.shared.news.wait(state).unwrap_or_else(PoisonError::into_inner),
                Some(deadline) => {
                    let left = deadline.saturating_duration_since(Instant::now());
                    if left.is_zero() {
                        break;
                    }
                    let waited = self.shared.news.wait_timeout(state, left);
                    waited.unwrap_or_else(PoisonError::into_inner).0
                }
            };
        }
        state.waiting = false;
        into.append(&mut state.arrived);
        !state.ended
    }

    /// Like [`wait`](Self::wait), for a future: registers for a wake-up instead of waiting.
    pub(crate) fn poll(&self, into: &mut Vec<Delivery>, context: &mut Context<'_>) -> Poll<bool> {
        let mut state = self.shared.lock();
        if state.arrived.is_empty() && !state.ended {
            state.waker = Some(context.waker().clone());
            return Poll::Pending;
        }
        into.append(&mut state.arrived);
        Poll::Ready(!state.ended)
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing under the lock can panic half-way.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wake(&self, mut state: MutexGuard<'_, State>) {
        let waker = state.waker.take();
        let waiting = state.waiting;
        drop(state);
        if waiting {
            self.news.notify_all();
        }
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn what_was_pushed_arrives_before_the_end() {
        let (mut producer, consumer) = channel();
        producer.push(Delivery::Dropped(0..3, TaskErrorKind::Closed));
        let mut arrived = Vec::new();
        let soon = Some(Instant::now() + Duration::from_millis(1));
        assert!(consumer.wait(&mut arrived, soon), "nothing was flushed, and nothing has ended");
        assert!(arrived.is_empty());
        drop(producer);
        assert!(!consumer.wait(&mut arrived, None));
        assert_eq!(arrived.len(), 1);
    }

    #[test]
    fn a_sleeping_consumer_is_woken_by_the_end() {
        let (producer, consumer) = channel();
        let waiter = std::thread::spawn(move || consumer.wait(&mut Vec::new(), None));
        drop(producer);
        assert!(!waiter.join().unwrap());
    }
}
