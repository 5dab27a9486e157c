//! What a step costs, as the number of calls that are looked at: time would say something else on every machine; and that what
//! follows of a step comes to an end.
//!
//! Must not test what a step does: the simulation does that.

use std::time::Duration;

use super::State;
use crate::dispatcher::hand::Run;
use crate::dispatcher::input::{CallSpec, Command, Input, Limits};
use crate::ids::{CallId, TaskId, WorkerId};

const LIMITS: Limits = Limits { processes: 2, tasks_per_worker: None, memory_per_worker: None };
const CALLS: u64 = 5_000;

/// A machine whose every step is counted.
struct Counted {
    state: State<()>,
    calls: u64,
    /// The most looks that one step has taken.
    most: u64,
}

impl Counted {
    fn new() -> Self {
        let mut counted = Self { state: State::new(LIMITS), calls: 0, most: 0 };
        for command in counted.state.take_commands(Vec::new()) {
            if let Command::Start { worker, .. } = command {
                counted.step(Input::WorkerUp { worker });
            }
        }
        counted
    }

    fn step(&mut self, input: Input<()>) -> Vec<Command<()>> {
        let before = self.state.turns.looks.get();
        self.state.step(Duration::ZERO, input);
        self.most = self.most.max(self.state.turns.looks.get() - before);
        self.state.take_commands(Vec::new())
    }

    fn call(&mut self, spec: CallSpec, tasks: u64) -> CallId {
        let call = CallId(self.calls);
        self.calls += 1;
        self.step(Input::Open { call, spec });
        self.step(Input::Append { call, count: tasks });
        call
    }
}

#[test]
fn a_step_looks_at_few_calls_however_many_wait_behind_busy_workers() {
    let mut machine = Counted::new();
    for _ in 0..CALLS {
        machine.call(CallSpec::default(), 1);
    }
    machine.step(Input::Tick);
    (CALLS / 2..CALLS).for_each(|call| {
        machine.step(Input::Cancel { call: CallId(call), running: true });
    });
    assert_eq!(machine.most, 1, "calls in one step, at the most");
}

#[test]
fn a_step_looks_at_no_call_of_which_nothing_can_be_handed_out() {
    let mut machine = Counted::new();
    // The workers are idle, and of each call there is only a part of a chunk.
    let chunked = CallSpec { chunk: Some(10), ..CallSpec::default() };
    for _ in 0..CALLS {
        machine.call(chunked, 9);
    }
    assert_eq!(machine.most, 0, "of none anything can be handed out");
    // The last one becomes whole, and goes out at once.
    let call = CallId(CALLS - 1);
    let orders = machine.step(Input::Append { call, count: 1 });
    assert!(matches!(&orders[..], [Command::Send { runs, .. }] if runs[0].call == call));
    assert_eq!(machine.most, 1);
}

#[test]
fn ending_a_pool_looks_at_no_call_twice() {
    let mut machine = Counted::new();
    for _ in 0..CALLS {
        machine.call(CallSpec::default(), 1);
    }
    machine.most = 0;
    let orders = machine.step(Input::Terminate);
    let discarded = orders.iter().filter(|order| matches!(order, Command::Discard { .. })).count();
    assert_eq!(discarded as u64, CALLS - 2, "all but what the two workers have");
    assert!(machine.most <= CALLS, "{} looks at {CALLS} calls", machine.most);
}

/// What is put behind a task, to be done soon, is left there: put there by what its own call says, and taken back by what the
/// call of the first task says, it would never come to rest.
#[test]
fn what_was_put_behind_another_task_stays_there() {
    let mut machine = Counted::new();
    let mut sent = Vec::new();
    // Tasks of the first call take 20 µs, and those of the second next to nothing.
    for micros in [20, 0] {
        let call = CallId(machine.calls);
        machine.calls += 1;
        machine.step(Input::Open { call, spec: CallSpec::default() });
        for command in machine.step(Input::Append { call, count: 2 }) {
            let Command::Send { worker, runs } = command else { panic!("{command:?}") };
            let task = runs[0].iter().next().expect("one");
            let took = Some(Duration::from_micros(micros));
            let (count, returned, output) = (1, true, ());
            machine.step(Input::TasksFinished { worker, task, count, returned, took, output });
        }
    }
    let mut orders = machine.step(Input::Append { call: CallId(0), count: 1 });
    orders.extend(machine.step(Input::Append { call: CallId(1), count: 100 }));
    let mut asked = 0;
    while let Some(command) = (!orders.is_empty()).then(|| orders.remove(0)) {
        match command {
            Command::Send { worker, runs } => {
                sent.extend(runs.iter().flat_map(Run::iter).map(|task| (worker, task)));
            }
            Command::TakeBack { worker, .. } => {
                asked += 1;
                assert!(asked < 10, "given and taken without end");
                let has =
                    |(at, task): &&(WorkerId, TaskId)| *at == worker && task.call == CallId(1);
                let tasks: Vec<_> = sent.iter().filter(has).map(|(_, task)| *task).collect();
                sent.retain(|(at, task)| *at != worker || !tasks.contains(task));
                orders.extend(machine.step(Input::TakenBack { worker, tasks }));
            }
            _ => {}
        }
    }
    assert_eq!(sent.len(), 101);
}

/// A worker that says again and again that it is there, and never begins anything, does not have its tasks for ever.
#[test]
fn a_worker_that_stirs_and_begins_nothing_is_replaced() {
    let limits = Limits { processes: 1, ..LIMITS };
    let mut state = State::<()>::new(limits);
    let worker = WorkerId { slot: 0, generation: 0 };
    let mut now = Duration::ZERO;
    state.step(now, Input::WorkerUp { worker });
    state.step(now, Input::Open { call: CallId(0), spec: CallSpec::default() });
    state.step(now, Input::Append { call: CallId(0), count: 1 });
    let mut tries = 0;
    loop {
        let mut given = None;
        for command in state.take_commands(Vec::new()) {
            match command {
                Command::Send { runs, .. } => given = runs[0].iter().next(),
                Command::Kill { worker: killed } => {
                    assert_eq!((killed, tries), (worker, 5));
                    return;
                }
                _ => {}
            }
        }
        let task = given.expect("a worker that stirs is given the task again");
        tries += 1;
        assert!(tries <= 5, "for ever");
        now += Duration::from_secs(2);
        state.step(now, Input::Tick);
        assert!(
            state.take_commands(Vec::new()).iter().any(|it| matches!(it, Command::TakeBack { .. }))
        );
        state.step(now, Input::TakenBack { worker, tasks: vec![task] });
        state.step(now, Input::WorkerStirs { worker });
        state.step(now, Input::Tick);
    }
}
