//! Renders the pages, with mdBook as a library.
//!
//! mdBook empties its output folder before it writes. So it gets a fresh folder, which then takes the place of the old one: a
//! failed build harms nothing, and a reader of the served book never meets half of it.
//!
//! mdBook reports an include that failed as a line in its log and goes on. Here its errors are errors.
//!
//! Must not know: samples, servers.

use std::fmt;
use std::fs;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context, Result, bail};
use mdbook_driver::MDBook;
use mdbook_driver::book::BookItem;
use tracing::field::{Field, Visit};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::layer::{Context as LayerContext, Layer, SubscriberExt};

use crate::chapters::check_includes;
use crate::layout::Layout;
use crate::preprocess::{Agency, Known};
use crate::progress;
use crate::publish;

/// Renders the whole book to its place and returns the number of chapters.
pub(crate) fn render(layout: &Layout, known: &Known) -> Result<usize> {
    check_includes(layout)?;
    let parent = layout.pages.parent().unwrap_or(&layout.root);
    fs::create_dir_all(parent).with_context(|| format!("{} cannot be made", parent.display()))?;
    let workspace = tempfile::Builder::new().prefix(".book-").tempdir_in(parent)?;
    let fresh = workspace.path().join("fresh");
    let log = Log::default();
    let subscriber = tracing_subscriber::registry().with(log.clone());
    let chapters = tracing::subscriber::with_default(subscriber, || build(layout, known, &fresh));
    let chapters = log.with_errors(chapters)?;
    publish::finish(layout, &fresh)?;
    take_place(&fresh, &layout.pages, &workspace.path().join("stale"))?;
    Ok(chapters)
}

fn build(layout: &Layout, known: &Known, to: &Path) -> Result<usize> {
    let mut book = MDBook::load(&layout.root).context("the book cannot be loaded")?;
    book.config.build.build_dir = to.to_owned();
    book.with_preprocessor(Agency { known: Arc::clone(known) });
    book.build()?;
    let is_written = |item: &&BookItem| matches!(item, BookItem::Chapter(chapter) if !chapter.is_draft_chapter());
    Ok(book.iter().filter(is_written).count())
}

/// Two renames, so `place` is missing for microseconds only.
fn take_place(fresh: &Path, place: &Path, stale: &Path) -> Result<()> {
    let about = || format!("the pages cannot be put to {}", place.display());
    if place.exists() {
        fs::rename(place, stale).with_context(about)?;
    }
    fs::rename(fresh, place).with_context(about)
}

/// Collects what mdBook logs as warnings and errors.
#[derive(Debug, Clone, Default)]
struct Log(Arc<Mutex<Vec<(Level, String)>>>);

impl Log {
    /// The result, or the errors that mdBook only logged. Warnings go to the terminal.
    fn with_errors<T>(&self, result: Result<T>) -> Result<T> {
        let entries = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        let (errors, warnings): (Vec<_>, Vec<_>) =
            entries.into_iter().partition(|(level, _)| *level == Level::ERROR);
        for (_, warning) in warnings {
            progress::note(format_args!("mdBook: {warning}"));
        }
        let value = result?;
        if !errors.is_empty() {
            let errors: Vec<String> = errors.into_iter().map(|(_, text)| text).collect();
            bail!("mdBook: {}", errors.join("\n"));
        }
        Ok(value)
    }
}

impl<S: Subscriber> Layer<S> for Log {
    fn on_event(&self, event: &Event<'_>, _: LayerContext<'_, S>) {
        let level = *event.metadata().level();
        if level <= Level::WARN {
            let mut message = Message(String::new());
            event.record(&mut message);
            self.0.lock().unwrap_or_else(PoisonError::into_inner).push((level, message.0));
        }
    }
}

struct Message(String);

impl Visit for Message {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        if field.name() == "message" {
            self.0 = format!("{value:?}");
        }
    }
}
