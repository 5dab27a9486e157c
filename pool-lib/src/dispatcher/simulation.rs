//! The state machine over simulated workers: a virtual clock, faults wherever a schedule puts them, and the pool's promises
//! checked after every step.
//!
//! A schedule is a list of numbers, each of which chooses among what can happen next; when it is used up, everything that is
//! still under way is brought to its end. So a failing schedule can be shrunk and replayed.
//!
//! Must not start a process or ask for the time of day.

use std::time::Duration;

use proptest::collection::vec;
use proptest::prelude::*;

use super::input::{CallSpec, Limits};
use crate::error::WorkerExit;
use crate::ids::CallId;

mod sim_worker;
mod promises;
mod world;
use world::World;

/// More than this is never needed to bring a schedule to its end; more means that nothing moves.
const STEPS: usize = 20_000;

/// Plays one schedule to its end.
fn play(limits: Limits, specs: &[CallSpec], schedule: &[u16], ending: u16) {
    let mut world = World::new(limits, specs);
    for choice in schedule {
        world.step(*choice);
    }
    world.finish_input(ending);
    for _ in 0..STEPS {
        if !world.settle_step() {
            world.check_end();
            return;
        }
    }
    panic!("nothing comes to its end: {world:?}");
}

fn limits() -> impl Strategy<Value = Limits> {
    let memory = prop::option::weighted(0.3, 20_u64..200);
    (1_u32..4, prop::option::of(1_u64..4), memory).prop_map(
        |(processes, tasks_per_worker, memory_per_worker)| Limits {
            processes,
            tasks_per_worker,
            memory_per_worker,
        },
    )
}

fn spec() -> impl Strategy<Value = CallSpec> {
    let timeout = prop::option::weighted(0.3, (1_u64..50).prop_map(Duration::from_millis));
    (
        prop::option::weighted(0.3, 1_u32..4),
        timeout,
        0_u32..3,
        prop::bool::weighted(0.2),
        any::<bool>(),
    )
        .prop_map(|(chunk, timeout, retries, fail_fast, paced)| CallSpec {
            chunk,
            timeout,
            retries,
            fail_fast,
            paced,
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3000))]

    #[test]
    fn every_schedule_keeps_the_promises(
        limits in limits(),
        specs in vec(spec(), 1..4),
        schedule in vec(any::<u16>(), 0..300),
        ending: u16,
    ) {
        play(limits, &specs, &schedule, ending);
    }
}

#[test]
fn a_machine_without_faults_runs_everything() {
    let limits = Limits { processes: 2, tasks_per_worker: None, memory_per_worker: None };
    let mut world = World::new(limits, &[CallSpec::default()]);
    world.append(CallId(0), 50);
    world.finish_input(0);
    while world.settle_step() {}
    world.check_end();
    assert_eq!(world.returned(), 50);
}

/// How many workers in a row have to end before they are ready for the pool to give up.
fn failures_until_it_gives_up(world: &mut World) -> usize {
    let places = world.workers.len();
    (1..)
        .find(|_| {
            let starting = world.workers.iter().find(|(_, worker)| !worker.up).map(|(id, _)| *id);
            world.die(starting.expect("each is replaced"), WorkerExit::Unknown);
            world.workers.len() < places
        })
        .expect("or it goes on for ever")
}

#[test]
fn a_pool_that_has_worked_is_more_patient() {
    let limits = Limits { processes: 4, tasks_per_worker: None, memory_per_worker: None };
    let new = &mut World::new(limits, &[CallSpec::default()]);
    assert_eq!(failures_until_it_gives_up(new), 8);
    let proven = &mut World::new(limits, &[CallSpec::default()]);
    let first = *proven.workers.keys().next().unwrap();
    proven.come_up(first);
    proven.die(first, WorkerExit::Signal(9));
    assert_eq!(failures_until_it_gives_up(proven), 24);
}

#[test]
fn what_a_stopped_worker_does_not_begin_is_done_by_another() {
    let limits = Limits { processes: 2, tasks_per_worker: None, memory_per_worker: None };
    let spec = CallSpec { timeout: Some(Duration::from_secs(60)), ..CallSpec::default() };
    let mut world = World::new(limits, &[spec]);
    let stopped = world.stop_an_idle_worker();
    world.append(CallId(0), 20);
    world.finish_input(0);
    while world.returned() < 20 {
        assert!(world.settle_step(), "a task waits for a worker that does nothing: {world:?}");
    }
    assert!(world.now < Duration::from_secs(2), "{:?}", world.now);
    // In time it is there again, and stays.
    assert!(world.workers[&stopped].queue.is_empty());
    world.go_on(stopped);
    while world.settle_step() {}
    world.check_end();
    assert!(world.workers.contains_key(&stopped));
}

#[test]
fn a_stopped_worker_that_is_the_only_one_is_replaced() {
    let limits = Limits { processes: 1, tasks_per_worker: None, memory_per_worker: None };
    let mut world = World::new(limits, &[CallSpec { chunk: Some(3), ..CallSpec::default() }]);
    let stopped = world.stop_an_idle_worker();
    world.append(CallId(0), 20);
    world.finish_input(0);
    while world.settle_step() {}
    world.check_end();
    assert_eq!((world.returned(), world.workers.contains_key(&stopped)), (20, false));
    assert!(world.now < Duration::from_secs(6), "{:?}", world.now);
}

#[test]
fn work_behind_a_long_task_goes_to_whoever_is_free() {
    let limits = Limits { processes: 2, tasks_per_worker: None, memory_per_worker: None };
    let mut world = World::new(limits, &[CallSpec::default()]);
    world.append(CallId(0), 20);
    world.finish_input(0);
    let long = world.begin_a_task_and_stick_to_it();
    while world.settle_step() {}
    assert_eq!(world.returned(), 19, "all but the long one are done by the other worker");
    world.let_go(long);
    while world.settle_step() {}
    world.check_end();
}
