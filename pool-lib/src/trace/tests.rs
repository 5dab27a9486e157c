//! Timelines and drawings of streams that no pool had to make.
//!
//! Must not start a process.

use std::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::error::WorkerExit;
use crate::ids::{CallId, TaskId, WorkerId};

const CALL: CallId = CallId(0);

fn worker(slot: u32, generation: u32) -> WorkerId {
    WorkerId { slot, generation }
}

fn task(index: u64) -> TaskId {
    TaskId { call: CALL, index }
}

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

fn started(at: u64, worker: WorkerId, pid: u32) -> Event {
    Event { at: ms(at), kind: EventKind::WorkerStarted { worker, pid } }
}

fn ended(at: u64, worker: WorkerId, exit: WorkerExit) -> Event {
    Event { at: ms(at), kind: EventKind::WorkerEnded { worker, pid: None, exit } }
}

fn submitted(at: u64, count: u64) -> Event {
    Event { at: ms(at), kind: EventKind::TasksSubmitted { call: CALL, count, bytes: 0 } }
}

/// A task's start and its end.
fn ran(from: u64, until: u64, worker: WorkerId, index: u64, ending: Ending) -> [Event; 2] {
    let (task, took) = (task(index), ms(until - from));
    [
        Event { at: ms(from), kind: EventKind::TaskStarted { task, worker } },
        Event {
            at: ms(until),
            kind: EventKind::TaskEnded { task, worker, ending, took, bytes: 0 },
        },
    ]
}

/// Two workers; the first dies of task 1, is replaced, and the second is recycled; then the pool is dropped.
fn eventful() -> Trace {
    let mut events =
        vec![started(1, worker(0, 0), 10), started(1, worker(1, 0), 11), submitted(2, 4)];
    events.extend(ran(3, 5, worker(0, 0), 0, Ending::Returned));
    events.extend(ran(5, 9, worker(0, 0), 1, Ending::WorkerDied));
    events.push(ended(9, worker(0, 0), WorkerExit::Signal(11)));
    events.push(Event { at: ms(9), kind: EventKind::TaskRetried { task: task(1) } });
    events.extend(ran(3, 6, worker(1, 0), 2, Ending::Panicked));
    events.push(ended(7, worker(1, 0), WorkerExit::Code(0)));
    events.push(started(10, worker(0, 1), 12));
    events.push(started(8, worker(1, 1), 13));
    events.extend(ran(11, 15, worker(0, 1), 1, Ending::Returned));
    events.push(Event {
        at: ms(12),
        kind: EventKind::TaskStarted { task: task(3), worker: worker(1, 1) },
    });
    events.push(ended(16, worker(0, 1), WorkerExit::Signal(9)));
    events.into_iter().collect()
}

#[test]
fn a_death_is_told_from_recycling_and_from_the_end_of_the_pool() {
    let timeline = eventful().timeline();
    let deaths: Vec<WorkerId> = timeline
        .lanes
        .iter()
        .flat_map(|lane| &lane.lives)
        .filter(|life| life.is_death)
        .map(|life| life.worker)
        .collect();
    assert_eq!(deaths, [worker(0, 0)]);
    let lives: Vec<usize> = timeline.lanes.iter().map(|lane| lane.lives.len()).collect();
    assert_eq!(lives, [2, 2]);
}

#[test]
fn a_worker_that_never_answered_is_a_death() {
    let trace: Trace = [ended(4, worker(0, 0), WorkerExit::Code(0))].into_iter().collect();
    let life = &trace.timeline().lanes[0].lives[0];
    assert_eq!((life.from, life.pid, life.is_death), (ms(4), None, true));
}

#[test]
fn what_waits_is_counted_down_by_starts_and_up_by_retries() {
    let waiting = eventful().timeline().waiting;
    let counts: Vec<(u64, u64)> =
        waiting.iter().map(|(at, count)| (at.as_millis() as u64, *count)).collect();
    assert_eq!(counts, [(2, 4), (3, 2), (5, 1), (9, 2), (11, 1), (12, 0)]);
}

#[test]
fn a_task_that_has_not_ended_runs_to_the_end_of_the_trace() {
    let timeline = eventful().timeline();
    let run = timeline.lanes[1].runs.last().unwrap();
    assert_eq!((run.task, run.until, run.ending), (task(3), ms(16), None));
}

#[test]
fn a_drawing_shows_every_task_every_death_and_every_way_to_end() {
    let svg = eventful().to_svg();
    check_tags(&svg);
    assert_eq!(svg.matches("<rect ").count(), 5);
    assert_eq!(svg.matches("class=\"death\"").count(), 1);
    assert_eq!(svg.matches("class=\"life\"").count(), 4);
    for class in ["task returned", "task worker-died", "task panicked", "task running"] {
        assert!(svg.contains(&format!("class=\"{class}\"")), "{class}: {svg}");
    }
    assert!(svg.contains("was killed by signal 11 (SIGSEGV)"), "{svg}");
    // What went wrong is told by its outline and not by a color.
    assert_eq!(svg.matches("stroke-dasharray=\"5 3\"").count(), 2);
    for color in ["#", "rgb", "hsl"] {
        assert!(!svg.contains(color), "{svg}");
    }
}

#[test]
fn labels_mean_themselves() {
    let nasty = "<script>\"&'\u{0}";
    let labels =
        SvgLabels { waiting: nasty, worker: &|_| nasty.to_owned(), task: &|_| nasty.to_owned() };
    let svg = eventful().timeline().to_svg(&labels);
    check_tags(&svg);
    assert!(svg.contains("&lt;script&gt;&quot;&amp;'") && !svg.contains("<script"), "{svg}");
    assert!(!svg.contains('\u{0}'));
}

#[test]
fn a_drawing_of_many_tasks_stays_small_and_counts_them_all() {
    let mut events = vec![started(0, worker(0, 0), 1), submitted(0, 100_000)];
    events.extend((0..100_000).flat_map(|n| ran(n, n + 1, worker(0, 0), n, Ending::Returned)));
    let svg = events.into_iter().collect::<Trace>().to_svg();
    check_tags(&svg);
    assert!(svg.len() < 50_000, "{} bytes", svg.len());
    assert!(svg.contains("100000 short tasks"), "{}", &svg[..2000]);
}

#[test]
fn an_empty_trace_is_an_empty_drawing() {
    check_tags(&Trace::default().to_svg());
}

proptest! {
    #[test]
    fn nothing_is_drawn_outside_of_the_drawing(
        steps in prop::collection::vec((0_u64..5_000, 0_u32..4, 1_u64..5_000, 0_u64..9), 0..60),
    ) {
        let events = steps.iter().flat_map(|&(from, slot, took, index)| {
            ran(from, from + took, worker(slot, 0), index, Ending::Returned)
        });
        let svg = events.collect::<Trace>().to_svg();
        check_tags(&svg);
        for (name, most) in [(" x=\"", 720.0), (" y=\"", 200.0), ("M", 720.0)] {
            for at in svg.split(name).skip(1) {
                let number: String = at.chars().take_while(|c| c.is_ascii_digit() || *c == '.').collect();
                if let Ok(number) = number.parse::<f64>() {
                    prop_assert!((0.0..=most).contains(&number), "{name}{number} in {svg}");
                }
            }
        }
    }
}

/// Each tag is closed by its own, and there is no other `<`.
fn check_tags(svg: &str) {
    let mut open = Vec::new();
    for tag in svg.split('<').skip(1) {
        let (tag, _) = tag.split_once('>').expect("a tag ends");
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(open.pop(), Some(name), "{svg}");
        } else if !tag.ends_with('/') {
            open.push(tag.split(' ').next().unwrap());
        }
    }
    assert!(open.is_empty(), "{open:?} in {svg}");
}
