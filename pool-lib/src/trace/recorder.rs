//! Takes events as they happen and feeds whoever folds over them: the totals, the trace, a listener.
//!
//! Must not know who makes the events, and must never block whoever does: the listener, which is
//! user code, runs on a thread of its own.

use std::fs::OpenOptions;
use std::io::{self, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::process;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread::{self, Builder, JoinHandle};
use std::time::Duration;

use crossbeam_channel::{Sender, unbounded};

use super::event::{Ending, Event, EventKind};
use super::output::{Quota, Release};
use super::stats::Stats;
use super::stream::Trace;
use crate::ids::{CallId, TaskId, WorkerId};

/// What the user gave to `on_event`.
pub(crate) type Listener = Box<dyn Fn(&Event) + Send>;

/// So much output may wait for a listener, in bytes; what it is too slow for is cut.
const OUTPUT_AHEAD: u64 = 8 << 20;
/// So much output a trace keeps, in bytes.
const OUTPUT_KEPT: u64 = 16 << 20;

/// Consecutive tasks that have ended in one worker. Where single tasks are told of, each is a row of its own.
pub(crate) struct Row {
    pub(crate) worker: WorkerId,
    /// The first of them.
    pub(crate) task: TaskId,
    pub(crate) count: u64,
    /// The size of all outputs together.
    pub(crate) bytes: u64,
    /// When the first began and the last ended, if that was measured.
    pub(crate) span: Option<(Duration, Duration)>,
    pub(crate) ending: Ending,
    /// Whether the start was recorded when it happened.
    pub(crate) announced: bool,
}

/// The head of the event stream.
pub(crate) struct Recorder {
    stats: Mutex<Stats>,
    events: Option<(Mutex<Vec<Event>>, Quota)>,
    file: Option<PathBuf>,
    listener: Option<Listening>,
    /// The process that has the listener's thread, and writes the file: no copy of it that a `fork` made.
    owner: u32,
}

struct Listening {
    events: Sender<Event>,
    output: Quota,
    thread: JoinHandle<()>,
}

impl Recorder {
    /// `file` is where the trace is appended when the recorder is dropped.
    pub(crate) fn new(
        keep: bool,
        file: Option<PathBuf>,
        listener: Option<Listener>,
    ) -> io::Result<Self> {
        let listener = match listener {
            Some(listener) => Some(listen(listener)?),
            None => None,
        };
        let events = (keep || file.is_some()).then(|| (Mutex::default(), Quota::new(OUTPUT_KEPT)));
        Ok(Self { stats: Mutex::default(), events, file, listener, owner: process::id() })
    }

    /// Whether somebody wants to know of the start of each task when it happens.
    pub(crate) fn is_watched(&self) -> bool {
        self.listener.is_some()
    }

    /// Whether each task is to be told of by itself, with its own times.
    pub(crate) fn is_detailed(&self) -> bool {
        self.events.is_some() || self.is_watched()
    }

    /// Records ends of consecutive tasks in one worker, as one event each where somebody keeps or hears
    /// them, and as totals at any rate.
    pub(crate) fn record_row(&self, now: Duration, row: &Row) {
        let Row { worker, task, count, bytes, span, ending, announced } = *row;
        let took = span.map_or(Duration::ZERO, |(started, ended)| ended - started);
        if !self.is_detailed() {
            lock(&self.stats).record_row(count, took, bytes, ending);
            return;
        }
        let (started, ended) = span.unwrap_or((now, now));
        for index in task.index..task.index + count {
            let task = TaskId { call: task.call, index };
            if !announced {
                self.record(started, EventKind::TaskStarted { task, worker });
            }
            self.record(ended, EventKind::TaskEnded { task, worker, ending, took, bytes });
        }
    }

    /// Records that a call was made; copies the function's name only where somebody keeps or hears it.
    pub(crate) fn record_call(&self, at: Duration, call: CallId, function: &str) {
        if self.is_detailed() {
            self.record(at, EventKind::CallOpened { call, function: function.to_owned() });
        } else {
            lock(&self.stats).calls += 1;
        }
    }

    pub(crate) fn record(&self, at: Duration, kind: EventKind) {
        let event = Event { at, kind };
        lock(&self.stats).record(&event);
        if let Some(Listening { events, output, .. }) = &self.listener {
            for event in admitted(output, &event) {
                // Fails only when the listener's thread is gone, and then nobody listens.
                let _ = events.send(event);
            }
        }
        if let Some((events, output)) = &self.events {
            lock(events).extend(admitted(output, &event));
        }
    }

    pub(crate) fn stats(&self) -> Stats {
        lock(&self.stats).clone()
    }

    pub(crate) fn trace(&self) -> Trace {
        Trace::new(self.events.as_ref().map(|events| lock(&events.0).clone()).unwrap_or_default())
    }

    fn append_to_file(&self) -> io::Result<()> {
        let Some(path) = &self.file else { return Ok(()) };
        let mut file = OpenOptions::new().create(true).append(true).open(path)?;
        // One write, so that two pools that end together do not mix their lines.
        file.write_all(self.trace().to_jsonl().as_bytes())
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        if self.owner != process::id() {
            return;
        }
        if let Err(error) = self.append_to_file() {
            let path = self.file.as_deref().unwrap_or("".as_ref()).display();
            eprintln!("pool-lib: cannot write the trace to {path}: {error}");
        }
        if let Some(Listening { events, thread, .. }) = self.listener.take() {
            drop(events);
            // A listener may have the pool itself, and be the last to have it.
            if thread.thread().id() != thread::current().id() {
                // The thread contains the listener's panics, so there is nothing to pass on.
                let _ = thread.join();
            }
        }
    }
}

/// The event, if there is room for it, and before it what there was no room for.
fn admitted(output: &Quota, event: &Event) -> impl Iterator<Item = Event> {
    let (gap, itself) = output.admit(&event.kind);
    let gap = gap.map(|kind| Event { at: event.at, kind });
    gap.into_iter().chain(itself.then(|| event.clone()))
}

fn listen(listener: Listener) -> io::Result<Listening> {
    let (events, receiver) = unbounded::<Event>();
    let output = Quota::new(OUTPUT_AHEAD);
    let release: Release = output.release();
    let thread = Builder::new().name("pool-events".to_owned()).spawn(move || {
        for event in receiver {
            // A listener that panics has had its say about this event (the panic hook has run);
            // it hears the next one all the same.
            let _ = catch_unwind(AssertUnwindSafe(|| listener(&event)));
            release.heard(&event.kind);
        }
    })?;
    Ok(Listening { events, output, thread })
}

/// Nothing that runs under these locks can panic half-way, so a poisoned one is still whole.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
