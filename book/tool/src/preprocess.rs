//! The preprocessor that `book.toml` names: expands the directives of all chapters.
//!
//! It runs in two ways: as a library, under `cargo book`; and over stdin and stdout, in mdBook 0.5's protocol, under stock
//! `mdbook`. There it also brings the recordings up to date first, so both give the same pages.
//! It never writes below the folder of the chapters: `mdbook serve` would see that as an edit, and never come to rest.
//!
//! Must not know: how pages are rendered.

use std::collections::HashMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail};
use mdbook_driver::book::{Book, BookItem, Chapter};
use mdbook_driver::config::Config;
use mdbook_preprocessor::{MDBOOK_VERSION, Preprocessor, PreprocessorContext};

use crate::chapters::check_includes;
use crate::directive::{self, Directive};
use crate::expand::expand;
use crate::layout::Layout;
use crate::ornament;
use crate::progress;
use crate::question::{self, Slugs};
use crate::record::{Wish, bring_up_to_date};

/// Its name in `book.toml`.
const NAME: &str = "agency";
const DEADLINE_DEFAULT_S: u64 = 10;

/// What directives expanded to, by folder, command, and whether it stood within a line. Good as long as nothing but prose changes.
pub(crate) type Known = Arc<Mutex<HashMap<(PathBuf, String, bool), String>>>;

/// The preprocessor.
#[derive(Debug, Default)]
pub(crate) struct Agency {
    /// Shared by the rebuilds of one `cargo book serve`.
    pub(crate) known: Known,
}

impl Preprocessor for Agency {
    fn name(&self) -> &str {
        NAME
    }

    fn supports_renderer(&self, renderer: &str) -> Result<bool> {
        Ok(is_supported(renderer))
    }

    fn run(&self, ctx: &PreprocessorContext, mut book: Book) -> Result<Book> {
        let chapters = ctx.root.join(&ctx.config.book.src);
        let deadline = deadline(&ctx.config)?;
        let layout = Layout::of(&ctx.root, &ctx.config)?;
        let (slugs, mut part) = (Slugs::default(), 0);
        let mut failed = Vec::new();
        book.for_each_mut(|item| match item {
            BookItem::PartTitle(title) => part = part_number(title),
            BookItem::Separator => part = 0,
            BookItem::Chapter(chapter) => {
                let done = furnish(chapter, &layout, &slugs, part)
                    .and_then(|()| self.expand_chapter(chapter, &chapters, deadline));
                if let Err(error) = done {
                    failed.push(format!("chapter {}: {error:#}", called(chapter)));
                }
            }
        });
        if failed.is_empty() { Ok(book) } else { Err(anyhow!(failed.join("\n\n"))) }
    }
}

impl Agency {
    fn expand_chapter(
        &self,
        chapter: &mut Chapter,
        chapters: &Path,
        deadline: Duration,
    ) -> Result<()> {
        let parent = chapter.source_path.as_deref().and_then(Path::parent);
        let folder = parent.map_or_else(|| chapters.to_owned(), |parent| chapters.join(parent));
        let directives = directive::find(&chapter.content)?;
        let (mut outputs, mut failed) = (Vec::new(), Vec::new());
        for directive in &directives {
            match self.expand(directive, &folder, deadline) {
                Ok(output) => outputs.push(output),
                Err(error) => failed.push(format!("{error:#}")),
            }
        }
        if !failed.is_empty() {
            bail!(failed.join("\n"));
        }
        chapter.content = directive::replace(&chapter.content, &directives, &outputs)?;
        Ok(())
    }

    fn expand(&self, directive: &Directive, folder: &Path, deadline: Duration) -> Result<String> {
        let key = (folder.to_owned(), directive.command.clone(), directive.is_inline);
        if let Some(output) = self.known.lock().unwrap_or_else(PoisonError::into_inner).get(&key) {
            return Ok(output.clone());
        }
        let output = expand(&directive.command, folder, directive.is_inline, deadline)?;
        self.known.lock().unwrap_or_else(PoisonError::into_inner).insert(key, output.clone());
        Ok(output)
    }
}

/// Questions get their frames, the chapter its band and its exercises their cards. Before directives, whose output is text.
fn furnish(chapter: &mut Chapter, layout: &Layout, slugs: &Slugs, part: usize) -> Result<()> {
    let framed = question::frame(&chapter.content, &called(chapter), slugs)?;
    let slug = chapter.source_path.as_deref().and_then(Path::file_stem).unwrap_or_default();
    chapter.content = ornament::adorn(layout, &framed, &slug.to_string_lossy(), part);
    Ok(())
}

/// Each part of the book has an accent of its own; what is in none of them has none.
fn part_number(title: &str) -> usize {
    let parts = ["The episode", "Behind the agency’s door", "The agency at work"];
    parts.iter().position(|part| *part == title.replace('\'', "’")).map_or(0, |place| place + 1)
}

/// Directives put Markdown in place that is meant for pages; `mdbook test` and other renderers want the chapters as they are.
pub(crate) fn is_supported(renderer: &str) -> bool {
    renderer == "html"
}

fn called(chapter: &Chapter) -> String {
    match &chapter.source_path {
        Some(path) => format!("{} (“{}”)", path.display(), chapter.name),
        None => format!("“{}”", chapter.name),
    }
}

fn deadline(config: &Config) -> Result<Duration> {
    let key = format!("preprocessor.{NAME}.deadline-s");
    let seconds =
        config.get(&key).with_context(|| format!("{key} in book.toml is no number of seconds"))?;
    Ok(Duration::from_secs(seconds.unwrap_or(DEADLINE_DEFAULT_S)))
}

/// Speaks mdBook's protocol: context and book in on stdin, the expanded book out on stdout.
pub(crate) fn speak() -> Result<()> {
    let (ctx, book) = mdbook_preprocessor::parse_input(std::io::stdin())
        .context("stdin holds no book; mdBook calls this, people call `cargo book build`")?;
    warn_of_other_versions(&ctx.mdbook_version);
    let layout = Layout::of(&ctx.root, &ctx.config)?;
    bring_up_to_date(&layout, &Wish::default())?;
    check_includes(&layout)?;
    let book = Agency::default().run(&ctx, book)?;
    let mut stdout = std::io::stdout().lock();
    serde_json::to_writer(&mut stdout, &book).context("mdBook does not take the book back")?;
    stdout.flush().context("mdBook does not take the book back")
}

fn warn_of_other_versions(theirs: &str) {
    let series = |version: &str| version.split('.').take(2).map(str::to_owned).collect::<Vec<_>>();
    if series(theirs) != series(MDBOOK_VERSION) {
        progress::note(format_args!(
            "this is made for mdBook {MDBOOK_VERSION} and was called by {theirs}"
        ));
    }
}
