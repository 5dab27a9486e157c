//! When the driver looks, sleeps, and lets somebody else drive.
//!
//! Must not know what is done about what it finds.

use std::time::Duration;

use super::{Driver, Rest};
use crate::dispatcher::input::Input;
use crate::dispatcher::wakers::Wakers;
use crate::engine::{Sleep, Woken};
use crate::sys::look_for;
use crate::trace::EventKind;
use crate::wire::WorkerEvent;

/// Outcomes wait for others, so that a caller is not woken for each: at the most for so many, and so long. They
/// do not wait while the dispatcher sleeps, nor when their call is complete.
const HELD: u64 = 64;
const HELD_TIME: Duration = Duration::from_micros(50);

/// Processes that end and descriptors that move must be heard of while rings are never empty.
const GLANCES: u32 = 64;

/// So long a caller goes on driving for the only task that there is, if the last such task took no longer: a worker that
/// sleeps is woken meanwhile, and then nobody else has to be.
const LONE: Duration = Duration::from_micros(120);

/// How long the thread sleeps at first, after it had something to do.
const DOZE: Duration = Duration::from_millis(100);

impl Driver {
    /// Takes in what was heard at the end of the last sleep, and drives the pool until there is nothing to do but
    /// sleep again, or something that must not be done here: `None` when no worker is left, and so nothing to wait for.
    /// `wanted` says whether a caller that waits would rather drive.
    pub(in crate::dispatcher) fn work(
        &mut self,
        woken: Option<Woken>,
        wanted: impl Fn() -> bool,
    ) -> Option<Rest> {
        let mut events = Vec::new();
        if let Some(woken) = woken {
            self.engine.wake_up(woken, &mut events);
        }
        loop {
            self.take_in(&mut events);
            if self.stopped || self.held >= HELD || self.is_held_long() {
                self.hand_over();
            }
            if !self.wakers.is_empty() {
                return Some(self.rest(None));
            }
            if self.stopped {
                self.record(EventKind::PoolEnded);
                return None;
            }
            let (orders, engine) = (&self.orders, &self.engine);
            let news = || !orders.is_empty() || engine.shows_news();
            if self.glances >= GLANCES
                || wanted()
                || !(self.spin.until(|| wanted() || news()) || engine.has_news())
                || wanted()
            {
                self.glances = 0;
                let sleep = self.fall_asleep(wanted);
                return Some(self.rest(Some(sleep)));
            }
            self.glances += 1;
            self.engine.glance(&mut events);
        }
    }

    fn is_held_long(&self) -> bool {
        self.held > 0 && self.now >= self.held_since + HELD_TIME
    }

    fn rest(&mut self, sleep: Option<Sleep>) -> Rest {
        Rest { wakers: std::mem::take(&mut self.wakers), sleep, waker: self.waker.clone() }
    }

    /// Takes in orders and events, and does what follows of them.
    fn take_in(&mut self, events: &mut Vec<WorkerEvent>) {
        self.look_at_clock();
        self.busy |= !events.is_empty() || !self.orders.is_empty();
        for event in events.drain(..) {
            self.take_event(event);
        }
        self.take_orders();
        self.step(Input::Tick);
        self.carry_out_commands();
    }

    /// For how much longer nothing better can be done than to look whether the only task there is has ended.
    fn worth_waiting(&self) -> Duration {
        let since = self.lone_since.filter(|_| self.lone_took <= LONE);
        since.map_or(Duration::ZERO, |since| (since + LONE).saturating_sub(self.now))
    }

    fn fall_asleep(&mut self, wanted: impl Fn() -> bool) -> Sleep {
        self.hand_over();
        self.restless = false;
        // Before the last look at the orders: whoever gives one after it rings the bell. So does a caller that wanted to
        // drive and could not, which is why no news is a reason to stay awake for while there is one.
        self.waker.prepare_to_sleep();
        let last_look = !wanted();
        let orders = last_look && !self.orders.is_empty();
        let until = if orders { Some(Duration::ZERO) } else { self.state.next_deadline() };
        self.look_at_clock();
        let now = self.now;
        // Tasks have deadlines, and whoever sends some has to wake this thread if it sleeps beyond them.
        let soon = std::mem::take(&mut self.busy).then_some(now + DOZE);
        let until = [until, soon].into_iter().flatten().min();
        self.sleeps_until = [until, self.engine.next_time(now)].into_iter().flatten().min();
        self.engine.fall_asleep(now, until, last_look)
    }

    /// Drives the pool in the place of the thread that sleeps, until `done` says so, or `wanted` that the thread has
    /// woken up, or there is something that only the thread can do (a worker that gives signs again and again must not keep it
    /// from that), or nothing has happened for some microseconds, or wakers are to be called: those are returned.
    pub(in crate::dispatcher) fn drive(
        &mut self,
        mut done: impl FnMut() -> bool,
        wanted: impl Fn() -> bool,
    ) -> Wakers {
        if !self.engine.can_be_driven() {
            self.waker.wake();
            return Wakers::default();
        }
        self.engine.begin_drive();
        let mut events = Vec::new();
        loop {
            self.engine.glance(&mut events);
            self.take_in(&mut events);
            self.hand_over();
            if self.stopped || self.restless || !self.wakers.is_empty() || wanted() || done() {
                break;
            }
            let (orders, engine) = (&self.orders, &self.engine);
            let news = || !orders.is_empty() || engine.shows_news();
            let there = || wanted() || news();
            let found = match self.worth_waiting() {
                Duration::ZERO => self.callers_spin.until(there),
                time => look_for(time, there),
            };
            if !found && !engine.has_news() {
                break;
            }
        }
        self.engine.end_drive();
        let due = [self.state.next_deadline(), self.engine.next_time(self.now)];
        let due = due.into_iter().flatten().min();
        let oversleeps = due.is_some_and(|due| self.sleeps_until.is_none_or(|until| due < until));
        if self.stopped || self.restless || oversleeps || self.engine.has_news() {
            self.waker.wake();
        }
        std::mem::take(&mut self.wakers)
    }
}
