//! A client of the pool: makes calls of every kind, one after the other, and holds each outcome against what was asked for.
//!
//! Must not know who kills workers, or when.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use fastrand::Rng;
use pool_lib::{Call, MapHandle, Pool, TaskError};

use crate::errand::{Errand, answer, run, run_in_pieces};
use crate::ledger::{Claimed, Ledger};
use crate::plan::Plan;
use crate::report::{Report, add};

/// As often as it takes.
const STUBBORN: u32 = 10_000;
/// How many handles are kept at most to be asked when the pool is gone.
const KEPT: usize = 50;

/// What all clients of a pool share.
pub(crate) struct Scene<'a> {
    pub(crate) ledger: &'a Ledger,
    pub(crate) report: &'a Report,
    /// No more calls are to be made.
    pub(crate) stop: AtomicBool,
    /// The pool is being closed or terminated: tasks may end without having run.
    pub(crate) ending: AtomicBool,
    pub(crate) next_call: &'a AtomicU32,
    /// Handles that outlive the pool.
    pub(crate) kept: Mutex<Vec<(Plan, MapHandle<u64>)>>,
}

pub(crate) struct Client<'a> {
    pub(crate) pool: &'a Pool,
    pub(crate) scene: &'a Scene<'a>,
    pub(crate) rng: Rng,
}

impl Client<'_> {
    /// Makes calls until told to stop, and one more, which may come too late.
    pub(crate) fn run(mut self) {
        loop {
            let last = self.scene.stop.load(Relaxed);
            let began = Instant::now();
            self.make_a_call();
            let took = began.elapsed().as_millis() as u64;
            self.scene.report.longest_call_ms.fetch_max(took, Relaxed);
            if last {
                return;
            }
        }
    }

    fn make_a_call(&mut self) {
        add(&self.scene.report.calls, 1);
        match self.rng.u8(..10) {
            0 | 1 => self.map(),
            2 => self.starmap(),
            3 => self.imap(),
            4 => self.imap_unordered(),
            5 => self.drop_early(),
            6 => self.take_a_few_of_many(),
            7 => self.single_tasks(),
            8 => self.cancel_half_way(),
            _ => self.fail_fast(),
        }
    }

    fn number(&self) -> u32 {
        self.scene.next_call.fetch_add(1, Relaxed)
    }

    /// Tells the ledger of the call, and makes its settings.
    fn open(&mut self, plan: &Plan) -> Call<'_> {
        self.scene.ledger.open(plan.call, plan.retries.saturating_add(1));
        let mut call = self.pool.call().retries(plan.retries).fail_fast(plan.fail_fast);
        if let Some(timeout) = plan.timeout {
            call = call.timeout(timeout);
        }
        if let Some(size) = plan.chunk {
            call = call.chunk_size(size);
        }
        call
    }

    fn submitted(&self, count: usize) {
        add(&self.scene.report.tasks, count as u64);
    }

    fn errands(&self, plan: &Plan) -> impl ExactSizeIterator<Item = Errand> + use<> {
        let (ledger, call) = (self.scene.ledger.number(), plan.call);
        let errand = move |(index, deed)| Errand { ledger, call, index: index as u32, deed };
        plan.deeds.clone().into_iter().enumerate().map(errand)
    }

    /// Whatever workers do, it ends well: tasks are tried again as often as it takes.
    fn map(&mut self) {
        let plan = Plan::steady(self.number(), STUBBORN, &mut self.rng);
        let errands = self.errands(&plan);
        self.submitted(plan.deeds.len());
        let results = self.open(&plan).map(run, errands);
        self.check_all(&plan, results);
    }

    fn starmap(&mut self) {
        let plan = Plan::steady(self.number(), STUBBORN, &mut self.rng);
        let pieces = self.errands(&plan).map(|e| (e.ledger, e.call, e.index, e.deed));
        self.submitted(plan.deeds.len());
        let results = self.open(&plan).starmap(run_in_pieces, pieces);
        self.check_all(&plan, results);
    }

    /// In order, each outcome what it must be.
    fn imap(&mut self) {
        let plan = Plan::rough(self.number(), &mut self.rng);
        let errands = self.errands(&plan);
        let mut claims = Vec::new();
        let mut results = self.open(&plan).imap(run, errands);
        let patience = Duration::from_millis(5);
        loop {
            let outcome = match self.rng.bool() {
                true => results.next(),
                false => match results.next_timeout(patience) {
                    Some(outcome) => outcome,
                    None => continue,
                },
            };
            let Some(outcome) = outcome else { break };
            claims.push((claims.len(), self.judge(&plan, claims.len(), &outcome)));
        }
        self.check_complete(&plan, claims);
    }

    fn imap_unordered(&mut self) {
        let plan = Plan::rough(self.number(), &mut self.rng);
        let errands = self.errands(&plan);
        let mut claims: Vec<Option<Claimed>> = vec![None; plan.deeds.len()];
        let outcomes = self.open(&plan).imap_unordered(run, errands);
        for outcome in outcomes {
            let index = match &outcome {
                Ok(value) => (0..plan.deeds.len()).find(|&i| answer(plan.call, i as u32) == *value),
                Err(error) => Some(error.index()),
            };
            let Some(index) = index.filter(|index| *index < claims.len()) else {
                self.scene.report.wrong(format!("{outcome:?} is of no task of call {}", plan.call));
                continue;
            };
            let claimed = self.judge(&plan, index, &outcome);
            if claims[index].replace(claimed).is_some() {
                let what = format!("task {index} of call {} has two outcomes", plan.call);
                self.scene.report.doubled(what);
            }
        }
        let claims = claims.into_iter().enumerate().filter_map(|(i, claimed)| Some((i, claimed?)));
        self.check_complete(&plan, claims.collect());
    }

    fn drop_early(&mut self) {
        let plan = Plan::rough(self.number(), &mut self.rng);
        let errands = self.errands(&plan);
        let some = self.rng.usize(..=plan.deeds.len());
        let results = self.open(&plan).imap(run, errands);
        let mut count = 0;
        for outcome in results.take(some) {
            self.judge(&plan, count, &outcome);
            count += 1;
        }
        self.submitted(count);
    }

    /// From a source without an end.
    fn take_a_few_of_many(&mut self) {
        let plan = Plan::steady(self.number(), STUBBORN, &mut self.rng);
        let (ledger, call) = (self.scene.ledger.number(), plan.call);
        let (some, deed) = (self.rng.usize(..200), plan.deeds[0]);
        let window = self.rng.usize(1..100);
        let errands = (0..).map(move |index| Errand { ledger, call, index, deed });
        let results = self.open(&plan).window(window).imap(run, errands);
        let plan = Plan { deeds: vec![deed; some], ..plan };
        let mut count = 0;
        for outcome in results.take(some) {
            self.judge(&plan, count, &outcome);
            count += 1;
        }
        self.submitted(count);
        if count < some && !self.is_ending() {
            let lost = (some - count) as u64;
            self.scene.report.lost(lost, format!("call {call} ends after {count} of {some}"));
        }
    }

    /// Each a call of its own; waited for in any order, some cancelled, some let go.
    fn single_tasks(&mut self) {
        let mut handles = Vec::new();
        for _ in 0..self.rng.usize(1..60) {
            let mut plan = Plan::single(self.number(), &mut self.rng);
            let errand = self.errands(&plan).next().expect("one");
            self.submitted(1);
            let handle = self.open(&plan).apply_async(run, errand);
            if plan.cancelled {
                handle.cancel();
            }
            plan.cancelled |= self.rng.u8(..10) == 0;
            handles.push((plan, handle));
        }
        self.rng.shuffle(&mut handles);
        for (plan, handle) in handles {
            if self.rng.u8(..20) == 0 {
                continue; // let go: it runs, and nobody asks
            }
            if plan.cancelled {
                handle.cancel();
            }
            let outcome = loop {
                match handle.wait_timeout(Duration::from_millis(self.rng.u64(..50))) {
                    Some(outcome) => break outcome,
                    None => continue,
                }
            };
            let claimed = self.judge(&plan, 0, &outcome);
            self.scene.ledger.close(plan.call, &[(0, claimed)], self.scene.report);
        }
    }

    fn cancel_half_way(&mut self) {
        let mut plan = Plan::rough(self.number(), &mut self.rng);
        let errands = self.errands(&plan);
        self.submitted(plan.deeds.len());
        let handle = self.open(&plan).map_async(run, errands);
        let mut kept = self.scene.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if self.rng.u8(..4) == 0 && kept.len() < KEPT {
            kept.push((plan, handle));
            return;
        }
        drop(kept);
        // Not to make anything come out right: to have the cancellation meet the call anywhere.
        let soon = Duration::from_micros(self.rng.u64(..30_000));
        let results = handle.wait_timeout(soon).unwrap_or_else(|| {
            handle.cancel();
            plan.cancelled = true;
            handle.wait()
        });
        self.check_all(&plan, results);
    }

    fn fail_fast(&mut self) {
        let plan = Plan { fail_fast: true, ..Plan::rough(self.number(), &mut self.rng) };
        let errands = self.errands(&plan);
        self.submitted(plan.deeds.len());
        let results = self.open(&plan).map(run, errands);
        self.check_all(&plan, results);
    }

    fn is_ending(&self) -> bool {
        self.scene.ending.load(Relaxed)
    }

    fn judge(&self, plan: &Plan, index: usize, outcome: &Result<u64, TaskError>) -> Claimed {
        self.scene.judge(plan, index, outcome)
    }

    fn check_all(&self, plan: &Plan, results: Result<Vec<u64>, TaskError>) {
        self.scene.check_all(plan, results);
    }

    /// An iterator has come to its end.
    fn check_complete(&self, plan: &Plan, claims: Vec<(usize, Claimed)>) {
        self.submitted(claims.len());
        let missing = plan.deeds.len() - claims.len().min(plan.deeds.len());
        if missing > 0 && !self.is_ending() {
            let what = format!("call {} ends without {missing} of its outcomes", plan.call);
            self.scene.report.lost(missing as u64, what);
        }
        self.scene.ledger.close(plan.call, &claims, self.scene.report);
    }
}

impl Scene<'_> {
    /// The results of a whole call, or the error of one of its tasks.
    pub(crate) fn check_all(&self, plan: &Plan, results: Result<Vec<u64>, TaskError>) {
        let claims: Vec<(usize, Claimed)> = match results {
            Ok(values) => {
                if values.len() != plan.deeds.len() {
                    let lost = plan.deeds.len().abs_diff(values.len()) as u64;
                    self.report.lost(lost, format!("call {} has {}", plan.call, values.len()));
                }
                let outcomes = values.into_iter().map(Ok).enumerate();
                outcomes
                    .map(|(index, outcome)| (index, self.judge(plan, index, &outcome)))
                    .collect()
            }
            Err(error) => {
                // The others have outcomes that are not shown.
                add(&self.report.outcomes, plan.deeds.len() as u64 - 1);
                vec![(error.index(), self.judge(plan, error.index(), &Err(error)))]
            }
        };
        self.ledger.close(plan.call, &claims, self.report);
    }

    /// Reports an outcome that cannot be, and says what the outcome claims.
    fn judge(&self, plan: &Plan, index: usize, outcome: &Result<u64, TaskError>) -> Claimed {
        add(&self.report.outcomes, 1);
        match outcome {
            Ok(_) => add(&self.report.returned, 1),
            Err(error) if Plan::is_struck(error) => add(&self.report.struck, 1),
            Err(_) => {}
        }
        if let Err(why) = plan.check(index, outcome, self.ending.load(Relaxed)) {
            let deed = plan.deeds.get(index);
            let call = plan.call;
            self.report
                .wrong(format!("task {index} ({deed:?}) of call {call}: {outcome:?}: {why}"));
        }
        match outcome {
            Ok(_) => Claimed::Returned,
            Err(error) if error.attempts() == 0 => Claimed::NeverBegan,
            Err(_) => Claimed::Anything,
        }
    }
}
