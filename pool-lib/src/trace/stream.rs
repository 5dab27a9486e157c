//! A recorded run: the events in order of time, and ways to write them down.
//!
//! Must not know the pool that made them.

use super::chrome;
use super::event::Event;
use super::svg::SvgLabels;
use super::timeline::{Timeline, timeline};

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

    /// The trace as lanes: what each worker did when, and how much waited.
    pub fn timeline(&self) -> Timeline {
        timeline(&self.events)
    }

    /// The trace as a drawing: a lane for each worker with its tasks from left to right, deaths and
    /// replacements included, and how many tasks waited. An SVG document of bounded size, without
    /// color of its own; [`Timeline::to_svg`] takes other words than these.
    ///
    /// ```
    /// let pool = pool_lib::Pool::builder().processes(2).trace(true).build()?;
    /// pool.map(|n: u64| n + 1, 0..10)?;
    /// assert!(pool.trace().to_svg().starts_with("<svg "));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn to_svg(&self) -> String {
        self.timeline().to_svg(&SvgLabels::default())
    }
}

/// A trace that was written down, read back:
///
/// ```
/// use pool_lib::Trace;
///
/// let lines = r#"{"at":{"secs":0,"nanos":0},"event":"pool_built","processes":4,"name":""}"#;
/// let trace = lines.lines().map(serde_json::from_str).collect::<Result<Trace, _>>()?;
/// assert_eq!(trace.to_jsonl().trim_end(), lines);
/// # Ok::<(), serde_json::Error>(())
/// ```
impl FromIterator<Event> for Trace {
    fn from_iter<I: IntoIterator<Item = Event>>(events: I) -> Self {
        Self::new(events.into_iter().collect())
    }
}

fn json(value: &impl serde::Serialize) -> String {
    serde_json::to_string(value).expect("events hold text and numbers, which JSON can say")
}
