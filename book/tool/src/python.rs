//! Samples in Python: `book/examples/NAME.py`.
//!
//! They run with the Python at hand. What one run printed is accepted and kept in the checkout, `NAME.py.toml`; where there is no
//! Python, that run stands in, and the page says so.
//!
//! Must not know: what is compared with what, and what pages show.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde::{Deserialize, Serialize};

use crate::layout::Layout;
use crate::process::{End, Exit, Limits, neutral, run};
use crate::recording::{Facts, Origin, Python, Recording};
use crate::sample::{Runs, Sample};

const PYTHON: &str = "python3";

/// The samples in Python, in the order of their names.
pub(crate) fn samples(layout: &Layout) -> Result<Vec<Sample>> {
    if !layout.samples().is_dir() {
        return Ok(Vec::new());
    }
    let mut scripts = Vec::new();
    for entry in std::fs::read_dir(layout.samples())? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "py") {
            scripts.push(path);
        }
    }
    scripts.sort();
    let version = if scripts.is_empty() { None } else { at_hand() };
    let sample = |source: std::path::PathBuf| -> Option<Sample> {
        let name = source.file_name()?.to_str()?.to_owned();
        Some(Sample { name, source, runs: Runs::Python(version.clone()) })
    };
    Ok(scripts.into_iter().filter_map(sample).collect())
}

/// The version of the Python that would run, if there is one.
fn at_hand() -> Option<String> {
    let mut command = neutral(PYTHON);
    command.args(["-c", "import platform; print(platform.python_version())"]);
    let limits = Limits { deadline: Duration::from_secs(20), output_bytes_max: 100 };
    let run = run(&mut command, limits).ok()?;
    let version = String::from_utf8(run.stdout).ok()?.trim().to_owned();
    (run.end == End::Exited(Exit::Code(0)) && version.starts_with("3.")).then_some(version)
}

/// The command that runs `source`, named as people name it: Python shows that name in its errors.
pub(crate) fn command(layout: &Layout, source: &Path) -> std::process::Command {
    let mut command = neutral(PYTHON);
    command
        .arg(source.strip_prefix(&layout.root).unwrap_or(source))
        // Lines appear as they are printed, also if the sample is stopped later; nothing is written beside it.
        .envs([("PYTHONUNBUFFERED", "1"), ("PYTHONDONTWRITEBYTECODE", "1")]);
    command
}

/// A run that was accepted, as it is kept in the checkout.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Accepted {
    /// SHA-256 of the script.
    script: String,
    python: String,
    elapsed_ns: u64,
    pub(crate) stdout: String,
    stderr: String,
    exit: Exit,
}

impl Accepted {
    /// What to keep of a run.
    pub(crate) fn from(recording: &Recording) -> Result<Self> {
        let Facts { origin, exit, elapsed_ns, python } = &recording.facts;
        Ok(Self {
            script: origin.digest().to_owned(),
            python: python.as_ref().context("it was not run by Python")?.version.clone(),
            elapsed_ns: *elapsed_ns,
            stdout: recording.stdout.clone(),
            stderr: recording.stderr.clone(),
            exit: *exit,
        })
    }

    pub(crate) fn load(path: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(path)?;
        toml::from_str(&text).with_context(|| format!("{} cannot be read", path.display()))
    }

    pub(crate) fn store(&self, path: &Path) -> Result<()> {
        std::fs::write(path, toml::to_string_pretty(self)?)
            .with_context(|| format!("{} cannot be written", path.display()))
    }

    /// Fails if it is a run of another script than the one that `origin` speaks of.
    pub(crate) fn is_of(&self, origin: &Origin) -> Result<()> {
        ensure!(
            self.script == origin.digest(),
            "the script has changed since its run was accepted"
        );
        Ok(())
    }

    /// As if it had run just now.
    pub(crate) fn stand_in(self, origin: Origin) -> Recording {
        let python = Some(Python { version: self.python, is_at_hand: false });
        let facts = Facts { origin, exit: self.exit, elapsed_ns: self.elapsed_ns, python };
        Recording { facts, stdout: self.stdout, stderr: self.stderr }
    }
}
