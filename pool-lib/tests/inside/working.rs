//! Faults of a worker that has tasks: one task is blamed if one was begun, and all others have their results.
//!
//! Must not test the start of workers.

use std::fs;
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::gate::Gate;
use super::snapshot::leaves_nothing;
use super::{assert_usable, large, pool};
use crate::fault::{Deed, Plan, Point};
use crate::{Call, Pool, StartMethod, Started, TaskError, TaskErrorKind, WorkerExit};

const POINTS: [Point; 5] =
    [Point::Received, Point::Claimed, Point::Started, Point::Sent, Point::Released];
/// The frame of the result of [`large`], in bytes: whether the task is timed, and so the frame says how long it took. One of
/// a task that is not timed may say so as well, and be longer, if the worker did not get to run in the middle of it.
const FRAMES: [(bool, usize); 2] = [(false, 8 + 10), (true, 32 + 10)];
/// Behind the last byte, wherever that is.
const WHOLE: usize = usize::MAX;

/// Wherever such a frame can be cut, before the first byte and behind the last one included.
fn cuts() -> impl Iterator<Item = (bool, usize)> {
    let cuts = |frame| (0..frame).chain([WHOLE]);
    FRAMES.into_iter().flat_map(move |(timed, frame)| cuts(frame).map(move |cut| (timed, cut)))
}

const ITEMS: u64 = 12;

const KILLED: WorkerExit = WorkerExit::Signal(9);

/// Whether a task is begun, and not ended, by a worker at this point.
fn is_begun(point: Point) -> bool {
    matches!(point, Point::Claimed | Point::Started | Point::Result)
}

fn own_pid(_: u64) -> u32 {
    std::process::id()
}

/// Whoever has a limit is timed. In chunks no one else is, but for the last of each chunk.
fn call(pool: &Pool, timed: bool) -> Call<'_> {
    let call = pool.call();
    if timed { call.timeout(Duration::from_secs(3600)) } else { call }
}

/// Runs tasks on two workers, one of which is struck; `exit` is the end of that one, if it blames a task.
fn run(pool: &Pool, plan: &Plan, timed: bool, exit: Option<WorkerExit>, what: &str) {
    let before = pool.stats();
    let results: Vec<_> = call(pool, timed).chunk_size(3).imap(large, 0..ITEMS).collect();
    let struck = plan.struck();
    assert_eq!(struck.len(), 1, "{what}: nobody was struck");
    let failed = assert_others_right(results.iter(), what);
    assert_eq!(failed.len(), usize::from(exit.is_some()), "{what}: {failed:?}");
    for (error, exit) in failed.iter().zip(exit) {
        assert_eq!(error.kind(), &TaskErrorKind::WorkerDied(exit), "{what}");
        assert_eq!((error.pid(), error.started()), (Some(struck[0]), Started::Yes), "{what}");
        assert_eq!(error.attempts(), 1, "{what}");
    }
    let (stats, failed) = (pool.stats(), failed.len() as u64);
    assert_eq!(stats.submitted - before.submitted, ITEMS, "{what}");
    assert_eq!(stats.returned - before.returned, ITEMS - failed, "{what}");
    assert_eq!(stats.failed - before.failed, failed, "{what}");
}

/// Those that failed; all others have their results, each in its place.
fn assert_others_right<'a>(
    results: impl ExactSizeIterator<Item = &'a Result<u64, TaskError>>,
    what: &str,
) -> Vec<&'a TaskError> {
    assert_eq!(results.len() as u64, ITEMS, "{what}");
    let mut failed = Vec::new();
    for (index, result) in results.enumerate() {
        match result {
            Ok(value) => assert_eq!(*value, large(index as u64), "{what}"),
            Err(error) => {
                assert_eq!(error.index(), index, "{what}");
                failed.push(error);
            }
        }
    }
    failed
}

/// Strikes one worker of a new pool at each of the points, and then at each byte of a result.
fn at_every_point(method: StartMethod, plan: &Plan, exit: WorkerExit, deed: impl Fn() -> Deed) {
    for point in POINTS {
        leaves_nothing(|| {
            let pool = pool(method, 2);
            plan.once(point, deed());
            let what = format!("{:?} at {point:?}", deed());
            run(&pool, plan, false, is_begun(point).then_some(exit), &what);
            assert_usable(&pool);
        });
    }
    leaves_nothing(|| {
        let pool = pool(method, 2);
        for (timed, cut) in cuts() {
            plan.in_result(cut, deed());
            let what = format!("{:?} after {cut} bytes of a result, timed: {timed}", deed());
            run(&pool, plan, timed, (cut != WHOLE).then_some(exit), &what);
        }
        assert_usable(&pool);
    });
}

planned! {
    fn a_worker_that_dies(method, plan) {
        at_every_point(method, plan, KILLED, || Deed::Die);
    }
}

planned! {
    fn a_worker_that_exits_as_if_all_were_well(method, plan) {
        at_every_point(method, plan, WorkerExit::Code(0), || Deed::Exit);
    }
}

planned! {
    fn a_worker_that_closes_its_link_and_lives_on(method, plan) {
        at_every_point(method, plan, KILLED, || Deed::HangUp);
    }
}

planned! {
    fn a_worker_that_answers_for_another_task(method, plan) {
        for point in [Point::Received, Point::Claimed, Point::Started] {
            leaves_nothing(|| {
                let pool = pool(method, 2);
                plan.once(point, Deed::AnswerForAnother);
                run(&pool, plan, false, is_begun(point).then_some(KILLED), &format!("at {point:?}"));
                assert_usable(&pool);
            });
        }
    }
}

planned! {
    fn a_worker_that_talks_nonsense(method, plan) {
        // Of no kind; with bytes where zeros belong; a hello, a ready and a failure at the wrong time; a
        // length beyond all memory; many of them; a short one of no kind.
        let mut nonsense = vec![vec![250; 32], vec![0; 32], vec![0; 100_000]];
        for kind in [1, 2, 3] {
            nonsense.push([vec![kind], vec![0; 31]].concat());
        }
        nonsense.push([vec![16], vec![0; 23], vec![255; 8]].concat());
        nonsense.push([vec![0x80 | 31], vec![0; 7]].concat());
        for words in nonsense {
            for point in POINTS {
                leaves_nothing(|| {
                    let pool = pool(method, 2);
                    plan.once(point, Deed::Babble(words.clone()));
                    let what = format!("{:?}… at {point:?}", &words[..8]);
                    run(&pool, plan, false, is_begun(point).then_some(KILLED), &what);
                    assert_usable(&pool);
                });
            }
        }
    }
}

planned! {
    /// Where a result is cut, what follows is taken for the rest of it: the struck task may have any outcome, and
    /// only that one.
    fn a_worker_that_talks_nonsense_inside_a_result(method, plan) {
        leaves_nothing(|| {
            let pool = pool(method, 2);
            for (timed, cut) in cuts() {
                // More than a header that was cut can make the pool wait for.
                plan.in_result(cut, Deed::Babble(vec![250; 70_000]));
                let results: Vec<_> = call(&pool, timed).chunk_size(3).imap(large, 0..ITEMS).collect();
                assert_eq!(plan.struck().len(), 1);
                let right = |(n, result): &(u64, Result<u64, TaskError>)| result == &Ok(large(*n));
                let wrong = (0..ITEMS).zip(results).filter(|pair| !right(pair)).count();
                assert!(wrong <= 1, "cut after {cut} bytes");
            }
            assert_usable(&pool);
        });
    }
}

planned! {
    /// All but one task are done without it, at most; once it goes on, so is that one.
    fn a_worker_that_stops(method, plan) {
        for point in POINTS {
            leaves_nothing(|| {
                stop_and_continue(method, plan, false, || plan.once(point, Deed::Stop));
            });
        }
        for (timed, cut) in cuts() {
            leaves_nothing(|| {
                stop_and_continue(method, plan, timed, || plan.in_result(cut, Deed::Stop));
            });
        }
    }
}

fn stop_and_continue(method: StartMethod, plan: &Plan, timed: bool, arm: impl FnOnce()) {
    let pool = pool(method, 2);
    arm();
    let mut results = call(&pool, timed).imap_unordered(large, 0..ITEMS);
    let mut values: Vec<_> = (1..ITEMS).map(|_| results.next().unwrap().unwrap()).collect();
    let struck = plan.struck();
    assert_eq!(struck.len(), 1, "nobody was struck");
    continue_when_stopped(struck[0]);
    values.extend(results.map(Result::unwrap));
    values.sort_unstable_by(|a, b| b.cmp(a));
    assert!(values.into_iter().eq((0..ITEMS).map(large)));
    assert_usable(&pool);
    assert_eq!(pool.stats().workers_started, 2);
}

/// Not before: to be told to continue means nothing to a process that has not stopped yet.
fn continue_when_stopped(pid: u32) {
    let stat = format!("/proc/{pid}/stat");
    while !std::fs::read_to_string(&stat).unwrap().contains(") T ") {
        std::thread::yield_now();
    }
    kill(Pid::from_raw(pid as i32), Signal::SIGCONT).unwrap();
}

planned! {
    /// Neither its task's timeout nor the end of the pool waits for it.
    fn a_worker_that_hears_no_signal(method, plan) {
        let limit = Duration::from_millis(100);
        for point in [Point::Started, Point::Result] {
            leaves_nothing(|| {
                let pool = pool(method, 2);
                match point {
                    Point::Result => plan.in_result(20, Deed::Deafen),
                    point => plan.once(point, Deed::Deafen),
                }
                let error = pool.call().timeout(limit).apply(large, 0).unwrap_err();
                assert_eq!(error.kind(), &TaskErrorKind::TimedOut(limit));
                assert_eq!(error.pid(), Some(plan.struck()[0]));
                assert_usable(&pool);
            });
        }
        for point in POINTS {
            leaves_nothing(|| {
                let pool = pool(method, 1);
                plan.once(point, Deed::Deafen);
                let handle = pool.apply_async(large, 0);
                while plan.struck().is_empty() {
                    std::thread::yield_now();
                }
                drop(pool);
                assert_eq!(handle.wait().is_err(), is_begun(point) || point == Point::Received);
            });
        }
    }
}

planned! {
    /// However long a worker has rested before its first task, it is struck at the end of that one.
    fn nothing_is_released_before_it_was_held(method, plan) {
        plan.once(Point::Released, Deed::Die);
        let pool = pool(method, 1);
        let worker = pool.worker_pids()[0];
        // Asleep because it rests, or on its way there, or struck too early and gone: in time that is seen below.
        let stat = format!("/proc/{worker}/stat");
        while fs::read_to_string(&stat).is_ok_and(|stat| stat.contains(") R ")) {
            std::thread::yield_now();
        }
        assert_eq!(pool.apply(own_pid, 0).unwrap(), worker);
        loop {
            let struck = plan.struck();
            if !struck.is_empty() {
                break assert_eq!(struck, [worker]);
            }
            std::thread::yield_now();
        }
    }
}

planned! {
    fn a_worker_that_floods_its_standard_error(method, plan) {
        for point in POINTS {
            leaves_nothing(|| {
                let pool = pool(method, 2);
                plan.once(point, Deed::Flood(4 << 20));
                run(&pool, plan, false, None, &format!("at {point:?}"));
                assert_usable(&pool);
                assert_eq!(pool.stats().workers_started, 2);
            });
        }
    }
}

planned! {
    /// A process that a worker leaves behind, with the link in its hands, is not the worker.
    fn a_worker_that_leaves_its_link_to_a_grandchild(method, plan) {
        for point in POINTS {
            leaves_nothing(|| {
                let gate = Gate::new();
                let pool = pool(method, 2);
                plan.once(point, Deed::LeaveBehind(gate.name()));
                let exit = is_begun(point).then_some(KILLED);
                run(&pool, plan, false, exit, &format!("at {point:?}"));
                assert_usable(&pool);
                // And there it is, still.
                let grandchild = gate.accept();
                pool.join();
                grandchild.dismiss();
            });
        }
    }
}
