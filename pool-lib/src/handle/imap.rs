//! Results as they come: iterators that pull their source only as far ahead as the window allows.
//!
//! The source is pulled on the caller's own thread, inside `next`, so it need not be `Send` and may be infinite.
//!
//! Must not know how the tasks run.

use std::any::Any;
use std::cell::RefCell;
use std::collections::VecDeque;
use std::iter::{Fuse, FusedIterator};
use std::marker::PhantomData;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::time::{Duration, Instant};

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::cursor::{Cursor, InOrder};
use super::feeder::Feeder;
use super::heard::Heard;
use super::results::place;
use super::window::Window;
use crate::dispatcher::{Consumer, Delivery};
use crate::error::TaskError;

/// A source that answers within this is asked again before a result is handed out, to keep the
/// workers fed; a slower one (somebody typing, say) must not hold up a result that is there.
const QUICK: Duration = Duration::from_micros(50);

/// What both iterators have in common: a source on one side, outcomes on the other.
struct Stream<I: Iterator> {
    source: Fuse<I>,
    exhausted: bool,
    quick: bool,
    /// What the source panicked with; passed on behind the results that came before.
    panic: Option<Box<dyn Any + Send>>,
    /// `None` when the call could not be made at all.
    call: Option<(Feeder, Consumer)>,
    window: Window,
    arrived: Vec<Delivery>,
    /// Whose outcomes have come.
    heard: Heard,
    /// Outcomes that have been handed out.
    delivered: u64,
    ended: bool,
}

/// What waiting for the next outcome came to.
enum Next<T> {
    Item(T),
    /// No more will come.
    End,
    /// The time was up.
    Late,
}

impl<I: Iterator> Stream<I>
where
    I::Item: Serialize + 'static,
{
    fn new(source: I, call: Option<(Feeder, Consumer)>, window: Window) -> Self {
        Self {
            source: source.fuse(),
            exhausted: call.is_none(),
            quick: true,
            panic: None,
            call,
            window,
            arrived: Vec::new(),
            heard: Heard::default(),
            delivered: 0,
            ended: false,
        }
    }

    fn in_flight(&self) -> u64 {
        self.call.as_ref().map_or(0, |(feeder, _)| feeder.submitted()) - self.delivered
    }

    /// Finds the next outcome. `sort` takes in what has arrived, and `pick` chooses from it.
    fn next<T>(
        &mut self,
        deadline: Option<Instant>,
        mut sort: impl FnMut(Delivery),
        mut pick: impl FnMut() -> Option<T>,
    ) -> Next<T> {
        loop {
            // Refilled in groups, so that not every result costs a wake-up of the dispatcher.
            if self.quick && !self.exhausted && self.in_flight() <= self.window.width() / 4 * 3 {
                self.window.look(self.delivered);
                self.take_in(0, None, &mut sort);
                if !self.ended {
                    self.refill();
                }
            }
            if let Some(item) = pick() {
                self.delivered += 1;
                return Next::Item(item);
            }
            self.take_in(0, None, &mut sort);
            if let Some(item) = pick() {
                self.delivered += 1;
                return Next::Item(item);
            }
            if !self.exhausted && self.in_flight() < self.window.width() {
                self.pull(Instant::now());
                continue; // what was waited for may have arrived meanwhile
            }
            self.flush();
            if self.ended || self.exhausted && self.in_flight() == 0 {
                return match self.panic.take() {
                    Some(panic) => resume_unwind(panic),
                    None => Next::End,
                };
            }
            self.window.starves();
            self.take_in(1, deadline, &mut sort);
            if let Some(item) = pick() {
                self.delivered += 1;
                return Next::Item(item);
            }
            if deadline.is_some_and(|deadline| deadline <= Instant::now()) {
                return Next::Late;
            }
        }
    }

    /// Pulls until the window is full or the source is slow.
    fn refill(&mut self) {
        // Where one item ends the next begins: the clock costs as much as an item that is there.
        let mut time = Instant::now();
        while !self.exhausted && self.quick && self.in_flight() < self.window.width() {
            time = self.pull(time);
        }
        self.flush();
    }

    /// Takes one item from the source, at this time; returns what time it is then.
    fn pull(&mut self, started: Instant) -> Instant {
        let Some((feeder, _)) = &mut self.call else { return started };
        match catch_unwind(AssertUnwindSafe(|| self.source.next())) {
            Ok(Some(item)) => {
                if feeder.push(item) {
                    feeder.hand_on();
                }
            }
            Ok(None) => self.exhausted = true,
            Err(panic) => {
                self.exhausted = true;
                self.panic = Some(panic);
            }
        }
        let ended = Instant::now();
        self.quick = ended - started < QUICK;
        if !self.quick {
            feeder.flush();
        }
        ended
    }

    fn flush(&mut self) {
        if let Some((feeder, _)) = &mut self.call {
            if self.exhausted { feeder.seal() } else { feeder.flush() }
        }
    }

    /// Takes in what has arrived, after waiting for `wanted` outcomes.
    fn take_in(&mut self, wanted: u64, deadline: Option<Instant>, sort: &mut impl FnMut(Delivery)) {
        let Some((feeder, consumer)) = &self.call else { return };
        self.ended |= !feeder.wait(consumer, &mut self.arrived, wanted, deadline);
        self.arrived.iter().for_each(|delivery| self.heard.add(delivery.tasks()));
        let submitted = feeder.submitted();
        if self.ended && self.heard.count() < submitted {
            // The dispatcher had ended the call before these came, and never heard of them. Or it is gone, and these may be any.
            for tasks in self.heard.missing(submitted) {
                self.heard.add(tasks.clone());
                self.arrived.push(Delivery::Dropped(tasks, feeder.fate()));
            }
            self.exhausted = true;
        }
        for delivery in self.arrived.drain(..) {
            // An endless source shall not become an endless list of errors.
            self.exhausted |= delivery.is_the_last_word();
            sort(delivery);
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let on_the_way = place(self.in_flight());
        if self.exhausted {
            return (on_the_way, Some(on_the_way));
        }
        let (low, high) = self.source.size_hint();
        (low.saturating_add(on_the_way), high.and_then(|high| high.checked_add(on_the_way)))
    }
}

macro_rules! iterator {
    ($Name:ident) => {
        impl<I, R> $Name<I, R>
        where
            I: Iterator,
            I::Item: Serialize + 'static,
            R: DeserializeOwned + 'static,
        {
            /// Like `next`, but waits for a result for at most `timeout`: `None` when that was too
            /// short, and then `next` goes on as if nothing had been asked. Time that the source
            /// takes for its items is not limited.
            pub fn next_timeout(
                &mut self,
                timeout: Duration,
            ) -> Option<Option<Result<R, TaskError>>> {
                self.advance(Instant::now().checked_add(timeout))
            }

            fn advance(
                &mut self,
                deadline: Option<Instant>,
            ) -> Option<Option<Result<R, TaskError>>> {
                if let Some(error) = self.failed.take() {
                    return Some(Some(Err(error)));
                }
                match self.next_outcome(deadline) {
                    Next::Late => None,
                    Next::End => Some(None),
                    Next::Item(outcome) => Some(Some(outcome)),
                }
            }
        }

        impl<I, R> Iterator for $Name<I, R>
        where
            I: Iterator,
            I::Item: Serialize + 'static,
            R: DeserializeOwned + 'static,
        {
            type Item = Result<R, TaskError>;

            fn next(&mut self) -> Option<Self::Item> {
                self.advance(None).flatten()
            }

            fn size_hint(&self) -> (usize, Option<usize>) {
                let (low, high) = self.stream.size_hint();
                let failed = usize::from(self.failed.is_some());
                (low.saturating_add(failed), high.and_then(|high| high.checked_add(failed)))
            }
        }

        impl<I, R> ExactSizeIterator for $Name<I, R>
        where
            I: ExactSizeIterator,
            I::Item: Serialize + 'static,
            R: DeserializeOwned + 'static,
        {
        }

        impl<I, R> FusedIterator for $Name<I, R>
        where
            I: Iterator,
            I::Item: Serialize + 'static,
            R: DeserializeOwned + 'static,
        {
        }
    };
}

/// Results in the order of the input, each as soon as it and all before it are there.
///
/// Made by [`Pool::imap`](crate::Pool::imap). A task without a result is an item like the others:
/// iteration goes on behind it. A source that panics delivers what came before, then its panic.
/// Dropping the iterator calls off what has not started; tasks that run are left to end.
///
/// ```
/// let pool = pool_lib::Pool::builder().processes(2).build()?;
/// let first: Vec<u64> = pool.imap(|n: u64| n * n, 0..).take(4).collect::<Result<_, _>>()?;
/// assert_eq!(first, [0, 1, 4, 9]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use = "an iterator does nothing unless it is iterated"]
pub struct Imap<I: Iterator, R> {
    stream: Stream<I>,
    failed: Option<TaskError>,
    ready: InOrder,
    results: PhantomData<fn() -> R>,
}

impl<I, R> Imap<I, R>
where
    I: Iterator,
    I::Item: Serialize + 'static,
{
    pub(crate) fn new(
        source: I,
        call: Result<(Feeder, Consumer), TaskError>,
        window: Window,
    ) -> Self {
        let (call, failed) = split(call);
        let stream = Stream::new(source, call, window);
        Self { stream, failed, ready: InOrder::default(), results: PhantomData }
    }

    fn next_outcome(&mut self, deadline: Option<Instant>) -> Next<Result<R, TaskError>>
    where
        R: DeserializeOwned + 'static,
    {
        let ready = RefCell::new(&mut self.ready);
        self.stream.next(
            deadline,
            |delivery| ready.borrow_mut().put(Cursor::new(delivery)),
            || ready.borrow_mut().take(),
        )
    }
}

iterator!(Imap);

/// Results in the order in which they come about.
///
/// Made by [`Pool::imap_unordered`](crate::Pool::imap_unordered). As [`Imap`] in all but the
/// order; [`TaskError::index`] says which item failed.
///
/// ```
/// let pool = pool_lib::Pool::builder().processes(2).build()?;
/// let mut squares: Vec<u64> =
///     pool.imap_unordered(|n: u64| n * n, 0..4).collect::<Result<_, _>>()?;
/// squares.sort();
/// assert_eq!(squares, [0, 1, 4, 9]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use = "an iterator does nothing unless it is iterated"]
pub struct ImapUnordered<I: Iterator, R> {
    stream: Stream<I>,
    failed: Option<TaskError>,
    ready: VecDeque<Cursor>,
    results: PhantomData<fn() -> R>,
}

impl<I, R> ImapUnordered<I, R>
where
    I: Iterator,
    I::Item: Serialize + 'static,
{
    pub(crate) fn new(
        source: I,
        call: Result<(Feeder, Consumer), TaskError>,
        window: Window,
    ) -> Self {
        let (call, failed) = split(call);
        let stream = Stream::new(source, call, window);
        Self { stream, failed, ready: VecDeque::new(), results: PhantomData }
    }

    fn next_outcome(&mut self, deadline: Option<Instant>) -> Next<Result<R, TaskError>>
    where
        R: DeserializeOwned + 'static,
    {
        let ready = RefCell::new(&mut self.ready);
        self.stream.next(
            deadline,
            |delivery| ready.borrow_mut().push_back(Cursor::new(delivery)),
            || {
                let mut ready = ready.borrow_mut();
                loop {
                    match ready.front_mut()?.take() {
                        None => drop(ready.pop_front()),
                        some => return some,
                    }
                }
            },
        )
    }
}

iterator!(ImapUnordered);

fn split<T>(call: Result<T, TaskError>) -> (Option<T>, Option<TaskError>) {
    match call {
        Ok(call) => (Some(call), None),
        Err(error) => (None, Some(error)),
    }
}
