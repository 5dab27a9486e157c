//! The state machine over simulated workers: a virtual clock, faults wherever a schedule puts them, and the pool's promises
//! checked after every step.
//!
//! A seed stands for a schedule: a pool, some calls, and a list of numbers, each of which chooses among what can happen next.
//! When it is used up, everything that is still under way is brought to its end. A failure names its seed and shows the
//! shortest part of the schedule that still fails, step by step. To see the same again, or to play others:
//!
//! ```text
//! POOL_LIB_SEED=123 cargo test -p pool-lib --lib simulation                              that one schedule
//! POOL_LIB_SEED=123 POOL_LIB_SCHEDULES=50000000 cargo test -p pool-lib --lib simulation  so many, from there
//! ```
//!
//! Must not start a process or ask for the time of day.

use std::cell::Cell;
use std::env;
use std::panic::{AssertUnwindSafe, catch_unwind, set_hook, take_hook};
use std::thread;
use std::time::Duration;

use super::input::{CallSpec, Limits};
use crate::error::WorkerExit;
use crate::ids::CallId;

mod schedule;
mod sim_worker;
mod pages;
mod books;
mod promises;
mod rest;
mod world;
mod deeds;

use schedule::{Pace, Schedule};
use world::World;

/// How many schedules a test run plays.
const SCHEDULES: u64 = 1_000_000;
/// Where it begins.
const FIRST_SEED: u64 = 1;
/// More than this is never needed to bring a schedule to its end; more means that nothing moves.
const SETTLING: usize = 20_000;

/// Plays one schedule to its end.
fn play(schedule: &Schedule, tell_all: bool) {
    let mut world = World::new(schedule, tell_all);
    for step in &schedule.steps {
        world.step(schedule, *step);
    }
    world.let_go_on(schedule.ending);
    world.finish_input(schedule.ending);
    for _ in 0..SETTLING {
        if !world.settle_step() {
            world.check_end();
            return;
        }
    }
    panic!("nothing comes to its end: {:?}", world.books);
}

thread_local! {
    /// Whether panics of this thread are expected, and not worth a message.
    static QUIET: Cell<bool> = const { Cell::new(false) };
}

fn fails(schedule: &Schedule) -> bool {
    catch_unwind(AssertUnwindSafe(|| play(schedule, false))).is_err()
}

/// Leaves out whatever can be left out of a schedule that fails, so that it still does.
fn shorten(mut schedule: Schedule) -> Schedule {
    let mut part = schedule.steps.len().max(1);
    loop {
        let mut at = 0;
        while at < schedule.steps.len() {
            let mut shorter = schedule.clone();
            shorter.steps.drain(at..(at + part).min(schedule.steps.len()));
            if fails(&shorter) {
                schedule = shorter;
            } else {
                at += part;
            }
        }
        if part == 1 {
            return schedule;
        }
        part = part.div_ceil(2);
    }
}

/// Plays schedules one after the other; the seed of the first that fails.
fn play_all(seeds: impl Iterator<Item = u64>) -> Option<u64> {
    QUIET.set(true);
    let failed = seeds.into_iter().find(|seed| fails(&Schedule::from_seed(*seed)));
    QUIET.set(false);
    failed
}

/// Says what happens in the shortest schedule, and fails as it does.
fn show(seed: u64) {
    QUIET.set(true);
    let schedule = shorten(Schedule::from_seed(seed));
    QUIET.set(false);
    println!("POOL_LIB_SEED={seed} fails; its {} steps that matter:", schedule.steps.len());
    println!("{:?}, {:?}", schedule.limits, schedule.calls);
    play(&schedule, true);
    unreachable!("it failed a moment ago");
}

fn number(variable: &str) -> Option<u64> {
    env::var(variable).ok().map(|text| text.parse().expect("a number"))
}

#[test]
fn every_schedule_keeps_the_promises() {
    let usual = take_hook();
    set_hook(Box::new(move |panic| {
        if !QUIET.get() {
            usual(panic);
        }
    }));
    let first = number("POOL_LIB_SEED");
    let usual = if first.is_some() { 1 } else { SCHEDULES };
    let (first, count) =
        (first.unwrap_or(FIRST_SEED), number("POOL_LIB_SCHEDULES").unwrap_or(usual));
    let players = thread::available_parallelism().map_or(1, usize::from).min(4) as u64;
    let failed = thread::scope(|scope| {
        let play = |player| {
            move || {
                play_all((player..count).step_by(players as usize).map(|n| first.wrapping_add(n)))
            }
        };
        let players: Vec<_> = (0..players).map(|player| scope.spawn(play(player))).collect();
        players.into_iter().filter_map(|player| player.join().expect("failures are caught")).min()
    });
    if let Some(seed) = failed {
        show(seed);
    }
}

const LIMITS: Limits = Limits { processes: 2, tasks_per_worker: None, memory_per_worker: None };

/// A world without faults, with one call.
fn peaceful(limits: Limits) -> World {
    peaceful_with(limits, CallSpec::default())
}

fn peaceful_with(limits: Limits, spec: CallSpec) -> World {
    let (window, wants, lasts) = (1, u64::MAX, Duration::ZERO);
    let pace = Pace { window, ordered: true, wants, watched: false, lasts };
    let calls = vec![(spec, pace)];
    World::new(&Schedule { limits, calls, ..Schedule::from_seed(0) }, false)
}

#[test]
fn a_machine_without_faults_runs_everything() {
    let mut world = peaceful(LIMITS);
    world.append(CallId(0), 50);
    world.finish_input(0);
    while world.settle_step() {}
    world.check_end();
    assert_eq!(world.books.returned(), 50);
}

/// How many workers in a row have to end before they are ready for the pool to give up.
fn failures_until_it_gives_up(world: &mut World) -> usize {
    let places = world.workers.len();
    (1..)
        .find(|_| {
            let starting = world.workers.iter().find(|(_, worker)| !worker.up).map(|(id, _)| *id);
            world.die(starting.expect("each is replaced"), WorkerExit::Unknown, None);
            world.workers.len() < places
        })
        .expect("or it goes on for ever")
}

#[test]
fn a_pool_that_has_worked_is_more_patient() {
    let limits = Limits { processes: 4, ..LIMITS };
    assert_eq!(failures_until_it_gives_up(&mut peaceful(limits)), 8);
    let proven = &mut peaceful(limits);
    let first = *proven.workers.keys().next().unwrap();
    proven.come_up(first);
    proven.die(first, WorkerExit::Signal(9), None);
    assert_eq!(failures_until_it_gives_up(proven), 24);
}

#[test]
fn what_a_stopped_worker_does_not_begin_is_done_by_another() {
    let spec = CallSpec { timeout: Some(Duration::from_secs(60)), ..CallSpec::default() };
    let mut world = peaceful_with(LIMITS, spec);
    let stopped = world.stop_an_idle_worker();
    world.append(CallId(0), 20);
    world.finish_input(0);
    while world.books.returned() < 20 {
        assert!(world.settle_step(), "a task waits for a worker that does nothing");
    }
    assert!(world.now < Duration::from_secs(2), "{:?}", world.now);
    // In time it is there again, and stays.
    assert!(world.workers[&stopped].queue.is_empty());
    world.worker(stopped).stopped = false;
    while world.settle_step() {}
    world.check_end();
    assert!(world.workers.contains_key(&stopped));
}

#[test]
fn a_stopped_worker_that_is_the_only_one_is_replaced() {
    let limits = Limits { processes: 1, ..LIMITS };
    let mut world = peaceful_with(limits, CallSpec { chunk: Some(3), ..CallSpec::default() });
    let stopped = world.stop_an_idle_worker();
    world.append(CallId(0), 20);
    world.finish_input(0);
    while world.settle_step() {}
    world.check_end();
    assert_eq!((world.books.returned(), world.workers.contains_key(&stopped)), (20, false));
    assert!(world.now < Duration::from_secs(6), "{:?}", world.now);
}

/// Keeps some tasks under way, as a consumer does who takes results in any order. Whoever is idle then gets what waits behind
/// others: here again and again what a stopped worker was just given.
fn keep_at_work(world: &mut World, go_on: impl Fn(&World) -> bool) {
    while go_on(world) {
        let call = &world.books.calls[0];
        if call.tasks.len() as u64 - call.done < 4 {
            world.append(CallId(0), 16);
        }
        assert!(world.settle_step(), "a task waits for a worker that does nothing");
    }
}

#[test]
fn a_stopped_worker_is_replaced_although_others_do_its_work() {
    let mut world = peaceful(LIMITS);
    let stopped = world.stop_an_idle_worker();
    keep_at_work(&mut world, |world| world.workers.contains_key(&stopped));
    let seconds = world.now.as_secs_f32();
    assert!((5.0..6.0).contains(&seconds), "{seconds}");
    world.finish_input(0);
    while world.settle_step() {}
    world.check_end();
}

#[test]
fn a_worker_that_was_given_tasks_in_vain_gets_some_again_when_it_stirs() {
    let mut world = peaceful(LIMITS);
    let stopped = world.stop_an_idle_worker();
    for _ in 0..3 {
        let until = world.now + Duration::from_millis(100);
        keep_at_work(&mut world, |world| world.now < until);
        assert!(world.workers[&stopped].queue.is_empty(), "it has had enough");
        // It reads on, and is stopped again before it has begun anything.
        world.worker(stopped).stopped = false;
        world.begin(stopped);
        world.deliver(stopped);
        world.worker(stopped).stopped = true;
        keep_at_work(&mut world, |world| world.workers[&stopped].queue.is_empty());
    }
}

#[test]
fn work_behind_a_long_task_goes_to_whoever_is_free() {
    let mut world = peaceful(LIMITS);
    world.append(CallId(0), 20);
    world.finish_input(0);
    let long = world.begin_a_task_and_stick_to_it();
    while world.settle_step() {}
    assert_eq!(world.books.returned(), 19, "all but the long one are done by the other worker");
    world.let_go(long);
    while world.settle_step() {}
    world.check_end();
}

#[test]
fn work_behind_a_task_of_seconds_goes_to_whoever_is_free_then() {
    let mut world = peaceful(LIMITS);
    world.append(CallId(0), 20);
    world.finish_input(0);
    let long = world.begin_a_task_and_stick_to_it();
    // It is asked whether it has begun. It has, and what is behind that must not be forgotten.
    world.pass_time(1_500_000);
    while world.settle_step() {}
    assert_eq!(world.books.returned(), 19, "all but the long one are done by the other worker");
    world.let_go(long);
    while world.settle_step() {}
    world.check_end();
}
