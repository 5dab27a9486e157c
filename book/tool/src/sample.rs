//! A sample: a program that a chapter shows, and what its header promises.
//!
//! Must not know: how samples are compiled, run or shown.

use std::path::PathBuf;

use anyhow::{Context, Result};

use crate::layout::Layout;
use crate::policy::Policy;

/// A program that a chapter shows.
#[derive(Debug, Clone)]
pub(crate) struct Sample {
    /// The name that chapters use: `map`, `map.py`.
    pub(crate) name: String,
    /// Its source.
    pub(crate) source: PathBuf,
    /// How it is run.
    pub(crate) runs: Runs,
}

/// How a sample is run.
#[derive(Debug, Clone)]
pub(crate) enum Runs {
    /// This was compiled from it.
    Executable(PathBuf),
    /// The Python of this version reads its source; `None` if there is no Python at hand.
    Python(Option<String>),
}

impl Sample {
    /// What it promises about its run.
    pub(crate) fn policy(&self) -> Result<Policy> {
        let text = std::fs::read_to_string(&self.source)
            .with_context(|| format!("{} cannot be read", self.source.display()))?;
        let mark = match self.runs {
            Runs::Executable(_) => "//!",
            Runs::Python(_) => "#",
        };
        Policy::from_source(&text, mark)
    }

    /// What was accepted of its output, in the checkout: `map.out` beside `map.rs`, `map.py.toml` beside `map.py`.
    pub(crate) fn accepted_path(&self, layout: &Layout) -> PathBuf {
        let extension = match self.runs {
            Runs::Executable(_) => "out",
            Runs::Python(_) => "toml",
        };
        layout.samples().join(format!("{}.{extension}", self.name))
    }
}
