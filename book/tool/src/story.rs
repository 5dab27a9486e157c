//! A pool's recorded trace in the words of the book: the events of one pool, and what happened as a list of steps.
//!
//! Here the crate's terms become those of the metaphor: slot 0 is desk 1, the item with index 0 is slip #1.
//!
//! Must not know: HTML.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use pool_lib::{CallId, Ending, Event, EventKind, TaskId, Timeline, Trace, WorkerId};

use crate::layout::Layout;
use crate::progress::length;

/// One thing that happened, as a reader is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Step {
    pub(crate) at: Duration,
    pub(crate) what: What,
    pub(crate) text: String,
}

/// What happened, for what is drawn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum What {
    /// Somebody sits down at this desk.
    Sits { desk: u32 },
    /// These slips come into the lobby; without names if there are too many to draw.
    Comes { slips: Vec<String>, count: u64 },
    /// A desk takes a slip.
    Takes { desk: u32, slip: String },
    /// A slip is off the desk, done or not.
    Ends { desk: u32, slip: String, went_well: bool },
    /// A slip is back in the lobby.
    Returns { slip: String },
    /// So many slips are thrown away.
    Drops { count: u64 },
    /// The clerk at this desk collapses.
    Dies { desk: u32 },
    /// The day is over.
    Closes,
}

/// More slips than these are counted and not named.
const NAMED_MAX: u64 = 40;

/// The traces of the pools of a sample, in the order in which they ended.
pub(crate) fn traces(layout: &Layout, name: &str) -> Result<Vec<Trace>> {
    let path = layout.recordings().join(name).join("trace.jsonl");
    let text = std::fs::read_to_string(&path).unwrap_or_default();
    let mut pools: Vec<Vec<Event>> = Vec::new();
    for line in text.lines() {
        let event: Event = serde_json::from_str(line)
            .with_context(|| format!("{} holds no event: {line}", layout.short(&path)))?;
        if matches!(event.kind, EventKind::PoolBuilt { .. }) || pools.is_empty() {
            pools.push(Vec::new());
        }
        pools.last_mut().expect("there is one").push(event);
    }
    Ok(pools.into_iter().map(Trace::from_iter).collect())
}

/// The trace of the only pool of a sample, or of the one that is asked for, counted from 1.
pub(crate) fn trace(layout: &Layout, name: &str, pool: Option<usize>) -> Result<Trace> {
    let mut traces = traces(layout, name)?;
    match (traces.len(), pool) {
        (0, _) => bail!("the recorded run of `{name}` has no pool, so there is no trace to draw"),
        (1, None | Some(1)) => {}
        (count, None) => bail!("`{name}` has {count} pools; say which with --pool, from 1"),
        (count, Some(pool)) if pool == 0 || pool > count => {
            bail!("`{name}` has no pool {pool}; they are counted from 1 to {count}")
        }
        (_, Some(pool)) => return Ok(traces.swap_remove(pool - 1)),
    }
    Ok(traces.swap_remove(0))
}

/// How a slip is called.
pub(crate) fn slip(task: TaskId) -> String {
    format!("#{}", task.index + 1)
}

/// How a desk is called.
pub(crate) fn desk(slot: u32) -> String {
    format!("Desk {}", slot + 1)
}

/// All that happened, in order.
pub(crate) fn steps(trace: &Trace) -> Vec<Step> {
    let timeline = trace.timeline();
    let mut teller = Teller { timeline: &timeline, steps: Vec::new(), handed_in: BTreeMap::new() };
    for event in trace.events() {
        teller.hear(event);
    }
    teller.steps
}

struct Teller<'a> {
    timeline: &'a Timeline,
    steps: Vec<Step>,
    /// How many slips of each call came in so far.
    handed_in: BTreeMap<CallId, u64>,
}

impl Teller<'_> {
    fn hear(&mut self, event: &Event) {
        let at = event.at;
        match &event.kind {
            EventKind::WorkerStarted { worker, pid } => {
                let again = if worker.generation > 0 { "Somebody new" } else { "Somebody" };
                let text = format!("{again} sits down at {} (process {pid})", lower(worker.slot));
                self.tell(at, What::Sits { desk: worker.slot }, text);
            }
            EventKind::TasksSubmitted { call, count, .. } => self.come(at, *call, *count),
            EventKind::TaskStarted { task, worker } => {
                let text = format!("{} takes {}", desk(worker.slot), slip(*task));
                self.tell(at, What::Takes { desk: worker.slot, slip: slip(*task) }, text);
            }
            EventKind::TaskEnded { task, worker, ending, took, .. } => {
                let (name, place, took) = (slip(*task), desk(worker.slot), length(*took));
                let text = match ending {
                    Ending::Returned => format!("{place} is done with {name}, after {took}"),
                    Ending::Panicked => {
                        format!("{place} gives up {name} with a panic, after {took}")
                    }
                    Ending::TimedOut => format!("The time for {name} is up, after {took}"),
                    Ending::Cancelled => format!("{name} is called off, after {took}"),
                    Ending::WorkerDied => format!("{place} collapses over {name}, after {took}"),
                    _ => format!("{name} comes to nothing, after {took}"),
                };
                let went_well = *ending == Ending::Returned;
                self.tell(at, What::Ends { desk: worker.slot, slip: name, went_well }, text);
            }
            EventKind::TaskRetried { task } => {
                let text = format!("{} goes back to the lobby", slip(*task));
                self.tell(at, What::Returns { slip: slip(*task) }, text);
            }
            EventKind::TasksDropped { count, .. } if *count > 0 => {
                let text = format!("{} never begun", slips(*count, "is", "are"));
                self.tell(at, What::Drops { count: *count }, text);
            }
            EventKind::WorkerEnded { worker, exit, .. } if self.is_death(*worker) => {
                let text = format!("The process at {} {exit}", lower(worker.slot));
                self.tell(at, What::Dies { desk: worker.slot }, text);
            }
            EventKind::PoolEnded => {
                self.tell(at, What::Closes, "Nobody is left at the desks".to_owned());
            }
            _ => {}
        }
    }

    fn tell(&mut self, at: Duration, what: What, text: String) {
        self.steps.push(Step { at, what, text });
    }

    /// What comes in without anything between is one step.
    fn come(&mut self, at: Duration, call: CallId, more: u64) {
        let handed_in = self.handed_in.entry(call).or_default();
        let names = (*handed_in..*handed_in + more)
            .take(NAMED_MAX as usize)
            .map(|index| slip(TaskId { call, index }));
        let mut names: Vec<String> = names.collect();
        *handed_in += more;
        let mut count = more;
        if let Some(Step { what: What::Comes { slips, count: before }, .. }) = self.steps.last() {
            names = slips.iter().cloned().chain(names).collect();
            count += before;
            self.steps.pop();
        }
        if count > NAMED_MAX {
            names.clear();
        }
        let text = match names.first() {
            Some(only) if count == 1 => format!("{only} comes into the lobby"),
            _ => format!("{} into the lobby", slips(count, "comes", "come")),
        };
        self.tell(at, What::Comes { slips: names, count }, text);
    }

    fn is_death(&self, worker: WorkerId) -> bool {
        let lives = self.timeline.lanes.iter().flat_map(|lane| &lane.lives);
        lives.into_iter().any(|life| life.worker == worker && life.is_death)
    }
}

fn lower(slot: u32) -> String {
    format!("desk {}", slot + 1)
}

fn slips(count: u64, one: &str, many: &str) -> String {
    if count == 1 { format!("1 slip {one}") } else { format!("{count} slips {many}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A trace as the recorder writes it down.
    pub(crate) fn recorded(lines: &[(u32, &str)]) -> Trace {
        let event = |&(ms, rest): &(u32, &str)| -> Event {
            let line =
                format!("{{\"at\":{{\"secs\":0,\"nanos\":{}}},{rest}}}", u64::from(ms) * 1_000_000);
            serde_json::from_str(&line).unwrap()
        };
        lines.iter().map(event).collect()
    }

    const TASK: &str = r#""task":{"call":0,"index":0},"worker":{"slot":1,"generation":0}"#;

    #[test]
    fn a_day_is_told_in_the_words_of_the_book() {
        let submitted = r#""event":"tasks_submitted","call":0,"count":1,"bytes":1"#;
        let died = format!(
            r#""event":"task_ended",{TASK},"ending":"worker_died","took":{{"secs":0,"nanos":2000000}},"bytes":0"#
        );
        let steps = steps(&recorded(&[
            (1, r#""event":"worker_started","worker":{"slot":1,"generation":0},"pid":7"#),
            (2, submitted),
            (2, submitted),
            (3, &format!(r#""event":"task_started",{TASK}"#)),
            (5, &died),
            (5, r#""event":"task_retried","task":{"call":0,"index":0}"#),
            (
                5,
                r#""event":"worker_ended","worker":{"slot":1,"generation":0},"pid":7,"exit":{"Signal":9}"#,
            ),
            (6, r#""event":"worker_started","worker":{"slot":1,"generation":1},"pid":8"#),
            (9, r#""event":"pool_ended""#),
        ]));
        let texts: Vec<&str> = steps.iter().map(|step| step.text.as_str()).collect();
        assert_eq!(
            texts,
            [
                "Somebody sits down at desk 2 (process 7)",
                "2 slips come into the lobby",
                "Desk 2 takes #1",
                "Desk 2 collapses over #1, after 2 ms",
                "#1 goes back to the lobby",
                "The process at desk 2 was killed by signal 9 (SIGKILL)",
                "Somebody new sits down at desk 2 (process 8)",
                "Nobody is left at the desks",
            ]
        );
        assert_eq!(steps[1].what, What::Comes { slips: vec!["#1".into(), "#2".into()], count: 2 });
    }

    #[test]
    fn many_slips_are_counted_and_not_named() {
        let submitted = r#""event":"tasks_submitted","call":0,"count":30,"bytes":1"#;
        let steps = steps(&recorded(&[(2, submitted), (2, submitted)]));
        assert_eq!(steps.len(), 1);
        assert_eq!(steps[0].what, What::Comes { slips: vec![], count: 60 });
    }
}
