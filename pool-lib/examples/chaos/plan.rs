//! What one call is to do, and which outcomes it may then have.
//!
//! Must not know how calls are made.

use std::time::Duration;

use fastrand::Rng;
use pool_lib::{Started, TaskError, TaskErrorKind, WorkerExit};

use crate::errand::{Crash, Deed, answer};

/// One call.
pub(crate) struct Plan {
    pub(crate) call: u32,
    pub(crate) deeds: Vec<Deed>,
    pub(crate) retries: u32,
    pub(crate) timeout: Option<Duration>,
    pub(crate) chunk: Option<usize>,
    pub(crate) fail_fast: bool,
    pub(crate) cancelled: bool,
}

impl Plan {
    /// Tasks that come to their end by themselves, if they are tried often enough.
    pub(crate) fn steady(call: u32, retries: u32, rng: &mut Rng) -> Self {
        let mut plan = Self::new(call, retries, rng);
        for _ in 0..rng.usize(..3) {
            *rng.choice(&mut plan.deeds).expect("at least one") = Deed::Flaky;
        }
        plan
    }

    /// Some tasks panic, crash or never end.
    pub(crate) fn rough(call: u32, rng: &mut Rng) -> Self {
        let mut plan = Self::new(call, rng.u32(..3), rng);
        if rng.bool() {
            plan.timeout = Some(Duration::from_millis(rng.u64(20..300)));
        }
        for _ in 0..rng.usize(..6) {
            let deed = match rng.u8(..6) {
                0 => Deed::Panic,
                1 if plan.timeout.is_some() => Deed::Loop,
                2 => Deed::Flaky,
                _ => Deed::Crash(Crash::random(rng)),
            };
            *rng.choice(&mut plan.deeds).expect("at least one") = deed;
        }
        plan
    }

    pub(crate) fn single(call: u32, rng: &mut Rng) -> Self {
        let mut plan = Self::rough(call, rng);
        let place = rng.usize(..plan.deeds.len());
        plan.deeds = vec![plan.deeds[place]];
        plan.chunk = None;
        plan.cancelled = rng.u8(..10) == 0;
        plan
    }

    fn new(call: u32, retries: u32, rng: &mut Rng) -> Self {
        let most = if rng.bool() { 40 } else { 1500 };
        let count = rng.usize(1..=most);
        let longest = if rng.bool() { 20 } else { 300 };
        let deeds = (0..count).map(|_| match rng.u8(..50) {
            0 => Deed::Nap(rng.u32(1..4)),
            _ => Deed::Work(rng.u32(..longest)),
        });
        let deeds = deeds.collect();
        let chunk = (rng.u8(..3) == 0).then(|| rng.usize(1..50));
        Self { call, deeds, retries, timeout: None, chunk, fail_fast: false, cancelled: false }
    }

    /// Whether the task was given up because workers kept dying before they began it.
    pub(crate) fn is_struck(error: &TaskError) -> bool {
        error.started() == Started::No && matches!(error.kind(), TaskErrorKind::WorkerDied(_))
    }

    /// Why the task cannot have had this outcome, if it cannot.
    pub(crate) fn check(
        &self,
        index: usize,
        outcome: &Result<u64, TaskError>,
        ending: bool,
    ) -> Result<(), &'static str> {
        let deed = *self.deeds.get(index).ok_or("there is no such task")?;
        let must = |holds: bool, why| if holds { Ok(()) } else { Err(why) };
        let error = match outcome {
            Ok(value) => {
                must(deed.returns(), "it cannot return")?;
                return must(*value == answer(self.call, index as u32), "not its answer");
            }
            Err(error) => error,
        };
        let tried = error.attempts();
        must(error.index() == index, "the error of another task")?;
        must(tried <= self.retries.saturating_add(1), "tried too often")?;
        must(error.causes().len() as u32 <= tried, "more causes than attempts")?;
        let called_off = ending || self.cancelled || self.fail_fast;
        match error.kind() {
            TaskErrorKind::Panicked(_) => must(deed == Deed::Panic, "it does not panic"),
            TaskErrorKind::TimedOut(limit) => {
                must(Some(*limit) == self.timeout, "not its time limit")?;
                must(tried > self.retries || called_off, "not tried again")
            }
            TaskErrorKind::WorkerDied(exit) => {
                must(outside(*exit) || deed.explains(*exit), "another's crash")?;
                let struck = Self::is_struck(error);
                must(struck || tried > self.retries || called_off, "not tried again")
            }
            TaskErrorKind::Cancelled => must(called_off, "nobody called it off"),
            TaskErrorKind::Closed => must(ending, "the pool is open"),
            _ => Err("nothing here ends so"),
        }
    }
}

/// Whether a worker that was struck from outside can have ended so. The status of one whose fork server was killed in
/// the moment in which it forked may be unknown.
fn outside(exit: WorkerExit) -> bool {
    use nix::sys::signal::Signal::{SIGKILL, SIGTERM};
    let signals = [SIGKILL as i32, SIGTERM as i32];
    exit == WorkerExit::Unknown || matches!(exit, WorkerExit::Signal(n) if signals.contains(&n))
}
