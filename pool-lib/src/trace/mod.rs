//! What happened in a pool: one stream of [`Event`]s, and folds over it ([`Stats`], a [`Trace`] and its formats).
//!
//! Must not know how tasks are scheduled or run: events come in, pictures go out.

mod chrome;
mod event;
mod output;
mod recorder;
mod stats;
mod timeline;
mod svg;
mod stream;

pub use event::{Ending, Event, EventKind, OutputStream};
pub(crate) use recorder::{Listener, Recorder, Row};
pub use stats::Stats;
pub use stream::Trace;
pub use svg::SvgLabels;
pub use timeline::{Lane, Life, Run, Timeline};

#[cfg(test)]
mod tests;
