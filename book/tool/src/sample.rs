//! A sample: a program that a chapter shows, and what its header promises.
//!
//! Must not know: how samples are compiled, run or shown.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::policy::Policy;

/// A program that was compiled.
#[derive(Debug, Clone)]
pub(crate) struct Sample {
    /// The name that chapters use.
    pub(crate) name: String,
    /// Its source.
    pub(crate) source: PathBuf,
    /// What was compiled from it.
    pub(crate) executable: PathBuf,
}

impl Sample {
    /// What it promises about its run.
    pub(crate) fn policy(&self) -> Result<Policy> {
        let text = std::fs::read_to_string(&self.source)
            .with_context(|| format!("{} cannot be read", self.source.display()))?;
        Policy::from_source(&text)
    }

    /// Where its expected output stands: beside the source, `map.out` for `map.rs`.
    pub(crate) fn expected_path(&self, samples: &Path) -> PathBuf {
        samples.join(format!("{}.out", self.name))
    }
}
