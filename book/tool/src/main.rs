//! The program behind `cargo book`: reads the command line and hands over to the file that knows.
//!
//! Must not know: how anything is done.
#![deny(unsafe_code)]

mod layout;
mod progress;
mod process;
mod normalize;
mod invariant;
mod policy;
mod sample;
mod chapters;
mod compile;
mod recording;
mod python;
mod record;
mod output;
mod story;
mod timeline;
mod ornament;
mod question;
mod directive;
mod expand;
mod preprocess;
mod publish;
mod render;
mod watch;
mod serve;

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::{Arc, PoisonError};
use std::time::Instant;

use anyhow::{Context, Result};
use clap::{Args, Parser, Subcommand};

use crate::layout::Layout;
use crate::preprocess::Known;
use crate::progress::{count, length};
use crate::record::{Wish, bring_up_to_date};
use crate::watch::Edit;

/// Records, renders and serves The Talent Agency.
#[derive(Parser)]
#[command(
    name = "cargo book",
    bin_name = "cargo book",
    version,
    arg_required_else_help = true,
    max_term_width = 100
)]
struct Line {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Compile the samples, run those that changed, and write the pages to target/book
    Build,
    /// The same, then show the pages on 127.0.0.1 and follow every edit, until Ctrl-C
    Serve(Serving),
    /// Compile the samples and run those that changed; no pages
    Record(Recording),
    /// For chapters: what a sample printed, as a block with a caption
    Output(output::Block),
    /// For chapters: a part of what a sample printed, within a sentence
    Quote(output::Quotation),
    /// For chapters: a number about a sample's run, within a sentence
    Fact(output::Question),
    /// For chapters: a sample's recorded trace as a figure
    Timeline(timeline::Drawing),
    /// For mdBook: speak its preprocessor protocol on stdin and stdout
    Preprocess {
        #[command(subcommand)]
        question: Option<Protocol>,
    },
    /// For this program itself: expand one directive
    #[command(hide = true)]
    ExpandDirective {
        #[arg(allow_hyphen_values = true)]
        flags: String,
        folder: PathBuf,
        #[arg(long)]
        inline: bool,
    },
}

#[derive(Args)]
struct Serving {
    /// The port on 127.0.0.1; 0 takes any that is free
    #[arg(long, short, default_value_t = 3000)]
    port: u16,
    /// Open the book in your browser
    #[arg(long, short)]
    open: bool,
}

#[derive(Args)]
struct Recording {
    /// Run every sample again, and fail on expected outputs that belong to none
    #[arg(long)]
    check: bool,
    /// Run these samples (all, if none is named) and accept what they print as their expected output
    #[arg(long, value_name = "SAMPLE", num_args = 0.., conflicts_with = "check")]
    bless: Option<Vec<String>>,
}

#[derive(Subcommand)]
enum Protocol {
    /// Whether this is for that renderer: the exit status says it
    Supports { renderer: String },
}

fn main() -> ExitCode {
    match run(Line::parse().task) {
        Ok(code) => code,
        Err(error) => {
            process::wait_if_interrupted();
            progress::trouble(&error);
            ExitCode::FAILURE
        }
    }
}

fn run(task: Task) -> Result<ExitCode> {
    let is_serving = matches!(task, Task::Serve(_));
    // Ctrl-C is how serving ends, and how everything else is interrupted.
    process::end_on_signals(move |signal| if is_serving { 0 } else { 128 + signal })?;
    match task {
        Task::Build => build(&here()?)?,
        Task::Serve(serving) => serve(&here()?, &serving)?,
        Task::Record(Recording { check, bless }) => {
            bring_up_to_date(&here()?, &Wish { check, bless })?
        }
        Task::Output(block) => print!("{}", output::block(&here()?, &block)?),
        Task::Quote(quotation) => print!("{}", output::quotation(&here()?, &quotation)?),
        Task::Fact(question) => print!("{}", output::fact(&here()?, &question)?),
        Task::Timeline(drawing) => print!("{}", timeline::figure(&here()?, &drawing)?),
        Task::Preprocess { question: None } => preprocess::speak()?,
        Task::Preprocess { question: Some(Protocol::Supports { renderer }) } => {
            return Ok(if preprocess::is_supported(&renderer) {
                ExitCode::SUCCESS
            } else {
                ExitCode::FAILURE
            });
        }
        Task::ExpandDirective { flags, folder, inline } => {
            print!("{}", expand::call_the_library(&flags, &folder, inline)?);
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn here() -> Result<Layout> {
    Layout::around(&std::env::current_dir().context("the current folder is gone")?)
}

fn build(layout: &Layout) -> Result<()> {
    let started = Instant::now();
    bring_up_to_date(layout, &Wish::default())?;
    let chapters = render::render(layout, &Known::default())?;
    let pages = layout.pages.join("index.html");
    let took = length(started.elapsed());
    progress::step(
        "Finished",
        format_args!("{} in {took}: {}", count(chapters, "chapter"), pages.display()),
    );
    Ok(())
}

fn serve(layout: &Layout, serving: &Serving) -> Result<()> {
    let known = Known::default();
    let at = layout.clone();
    // What has to be done again since the last build that went well: a broken sample stays broken while prose is edited.
    let mut owed = Edit::Samples;
    let rebuild = move |edit: Option<Edit>| {
        owed = edit.map_or(owed, |edit| owed.max(edit));
        if owed > Edit::Prose {
            known.lock().unwrap_or_else(PoisonError::into_inner).clear();
        }
        if owed == Edit::Samples {
            bring_up_to_date(&at, &Wish::default())?;
        }
        let chapters = render::render(&at, &Arc::clone(&known))?;
        progress::step("Rendered", count(chapters, "chapter"));
        owed = Edit::Prose;
        Ok(())
    };
    serve::serve(layout, serving.port, serving.open, rebuild)
}
