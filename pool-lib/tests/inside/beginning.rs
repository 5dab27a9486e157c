//! Faults of workers that have no task yet, and of the fork server: nobody is blamed, and a pool that cannot be
//! built says so.
//!
//! Must not test what happens to tasks that were begun.

use std::time::Duration;

use super::gate::Gate;
use super::snapshot::leaves_nothing;
use super::{assert_usable, pool};
use crate::fault::{Deed, Plan, Point};
use crate::{BuildError, Pool, PoolBuilder, StartMethod, WorkerExit};

const POINTS: [Point; 2] = [Point::Hello, Point::Ready];
const KILLED: WorkerExit = WorkerExit::Signal(9);

/// A pool of two. Of workers that will never answer it does not wait long for the first words; of others it does,
/// because a machine may be slow.
fn builder(method: StartMethod, deed: &Deed, silence: Duration) -> PoolBuilder {
    let builder = Pool::builder().start_method(method).processes(2);
    match deed {
        Deed::Stop | Deed::Deafen => builder.answer_limit(silence),
        _ => builder,
    }
}

/// The first worker to come to `point` is struck, and nobody notices.
fn once(method: StartMethod, plan: &Plan, point: Point, deed: Deed) {
    leaves_nothing(|| {
        plan.once(point, deed.clone());
        // Long enough for the other worker, and for the next.
        let pool = builder(method, &deed, Duration::from_secs(3)).build().unwrap();
        let struck = plan.struck();
        assert_eq!(struck.len(), 1, "{deed:?} at {point:?}: nobody was struck");
        assert_usable(&pool);
        // Its successor may be there before the pool has heard that it is dead.
        while pool.worker_pids().contains(&struck[0]) {
            std::thread::sleep(Duration::from_millis(1));
        }
        assert_eq!(pool.stats().failed, 0);
    });
}

/// Whoever comes to `point` is struck: the pool is not built.
fn always(method: StartMethod, plan: &Plan, point: Point, deed: Deed) -> BuildError {
    let mut refusal = None;
    leaves_nothing(|| {
        plan.always(point, deed.clone());
        refusal = builder(method, &deed, Duration::from_millis(500)).build().err();
        plan.clear();
    });
    refusal.expect("the pool was built all the same")
}

fn assert_workers_die(error: &BuildError, exit: WorkerExit) {
    let expected = matches!(error, BuildError::WorkersDie(how) if *how == exit);
    assert!(expected, "{error}");
}

planned! {
    fn die_before_hello(method, plan) {
        for point in POINTS {
            for (deed, exit) in [(Deed::Die, KILLED), (Deed::Exit, WorkerExit::Code(0))] {
                once(method, plan, point, deed.clone());
                assert_workers_die(&always(method, plan, point, deed), exit);
            }
        }
    }
}

planned! {
    fn a_worker_that_hangs_up_or_talks_nonsense_before_it_is_ready(method, plan) {
        let deeds = [Deed::HangUp, Deed::AnswerForAnother, Deed::Babble(vec![7; 33])];
        for point in POINTS {
            for deed in deeds.clone() {
                once(method, plan, point, deed.clone());
                assert_workers_die(&always(method, plan, point, deed), KILLED);
            }
        }
    }
}

planned! {
    /// It cannot be told from one that needs long, and so is given up after a time.
    fn a_worker_that_stops_before_it_is_ready(method, plan) {
        for point in POINTS {
            for deed in [Deed::Stop, Deed::Deafen] {
                once(method, plan, point, deed.clone());
                let error = always(method, plan, point, deed).to_string();
                assert!(error.contains("did not answer within 500ms"), "{error}");
            }
        }
    }
}

planned! {
    fn a_worker_that_leaves_its_link_before_it_is_ready(method, plan) {
        for point in POINTS {
            let gate = Gate::new();
            once(method, plan, point, Deed::LeaveBehind(gate.name()));
            gate.accept().dismiss();
        }
    }
}

planned! {
    fn a_worker_that_floods_its_standard_error_before_it_is_ready(method, plan) {
        for point in POINTS {
            leaves_nothing(|| {
                plan.once(point, Deed::Flood(4 << 20));
                let pool = pool(method, 2);
                assert_eq!(plan.struck().len(), 1);
                assert_usable(&pool);
                assert_eq!(pool.stats().workers_started, 2);
            });
        }
    }
}

/// The server dies with a worker unborn, or born and not told of.
#[test]
fn a_fork_server_that_dies() {
    super::with_plan(concat!(module_path!(), "::a_fork_server_that_dies"), |plan| {
        for point in [Point::Asked, Point::Forked] {
            for deed in [Deed::Die, Deed::Exit] {
                leaves_nothing(|| {
                    plan.once(point, deed.clone());
                    let pool = pool(StartMethod::ForkServer, 2);
                    assert_eq!(plan.struck().len(), 1);
                    assert_usable(&pool);
                });
            }
        }
        for (deed, expected) in [(Deed::Die, KILLED), (Deed::Exit, WorkerExit::Code(0))] {
            let error = always(StartMethod::ForkServer, plan, Point::Asked, deed);
            let BuildError::ForkServerDies { exit, in_preload: false } = error else {
                panic!("{error}")
            };
            assert_eq!(exit, expected, "{error}");
            assert!(error.to_string().contains("when it was asked for a worker"), "{error}");
        }
    });
}

/// The server stops with a worker unborn, or born and not told of. Nobody is told of that.
#[test]
fn a_fork_server_that_stops() {
    super::with_plan(concat!(module_path!(), "::a_fork_server_that_stops"), |plan| {
        for point in [Point::Asked, Point::Forked] {
            once(StartMethod::ForkServer, plan, point, Deed::Stop);
        }
        let error = always(StartMethod::ForkServer, plan, Point::Asked, Deed::Stop).to_string();
        assert!(error.contains("the fork server did not answer within 500ms"), "{error}");
        // The end of a pool does not wait for it.
        leaves_nothing(|| {
            let pool = pool(StartMethod::ForkServer, 2);
            plan.once(Point::Asked, Deed::Stop);
            pool.apply(|()| -> () { std::process::abort() }, ()).unwrap_err();
            while plan.struck().is_empty() {
                std::thread::yield_now();
            }
            drop(pool);
        });
    });
}
