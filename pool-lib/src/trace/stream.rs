//! A recorded run: the events in order of time, and ways to write them down.
//!
//! Must not know the pool that made them.

use super::chrome;
use super::event::Event;

/// The events of a pool, recorded since it was built with `.trace(true)`.
///
/// ```
/// let pool = pool_lib::Pool::builder().processes(2).trace(true).build()?;
/// pool.map(|n: u64| n + 1, 0..10)?;
/// let trace = pool.trace();
/// assert!(trace.events().len() > 20);
/// assert_eq!(trace.to_jsonl().lines().count(), trace.events().len());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Trace {
    events: Vec<Event>,
}

impl Trace {
    pub(crate) fn new(mut events: Vec<Event>) -> Self {
        // Stable: events of the same moment stay in the order in which they were recorded.
        events.sort_by_key(|event| event.at);
        Self { events }
    }

    /// The events, sorted by time.
    pub fn events(&self) -> &[Event] {
        &self.events
    }

    /// One JSON object a line, one line an event. Times are objects of `secs` and `nanos`.
    pub fn to_jsonl(&self) -> String {
        let mut lines = String::new();
        for event in &self.events {
            lines.push_str(&json(event));
            lines.push('\n');
        }
        lines
    }

    /// The trace in Chrome's trace event format, for `chrome://tracing` or Perfetto: a lane per
    /// worker, a slice per task, times in microseconds.
    pub fn to_chrome_json(&self) -> String {
        json(&chrome::document(&self.events))
    }
}

fn json(value: &impl serde::Serialize) -> String {
    serde_json::to_string(value).expect("events hold text and numbers, which JSON can say")
}
