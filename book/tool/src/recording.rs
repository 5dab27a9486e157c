//! A recorded run on disk: `target/recordings/NAME/` with both streams, the pool's trace, and `run.json`.
//!
//! A recording appears whole or not at all: it is written beside its place and then renamed.
//!
//! Must not know: how samples are run, and what pages show of a recording.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::{Duration, UNIX_EPOCH};

use anyhow::{Context, Result};
use nix::fcntl::{Flock, FlockArg};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::layout::Layout;
use crate::process::Exit;
use crate::progress;

/// Changes when recordings of older versions of this program are of no use any more.
const FORMAT: u32 = 1;

/// What a recording came from. Equal bytes mean an equal program.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Origin {
    format: u32,
    /// SHA-256 of the executable, or of the script.
    executable: String,
    /// The version of the Python that ran the script.
    #[serde(default)]
    python: Option<String>,
    /// Its length and the time of its last change: if these are the same, the bytes need not be read again.
    stamp: (u64, u128),
}

impl Origin {
    /// The origin of a run of `executable`, by that Python if it is a script. The file is read only if `known` does not
    /// already speak of it.
    pub(crate) fn of(
        executable: &Path,
        python: Option<&str>,
        known: Option<&Self>,
    ) -> Result<Self> {
        let about = || format!("{} cannot be read", executable.display());
        let meta = fs::metadata(executable).with_context(about)?;
        let changed = meta.modified()?.duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
        let stamp = (meta.len(), changed.as_nanos());
        let python = python.map(str::to_owned);
        if let Some(known) = known.filter(|known| known.format == FORMAT && known.stamp == stamp) {
            return Ok(Self { python, ..known.clone() });
        }
        let digest = Sha256::digest(fs::read(executable).with_context(about)?);
        let executable = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        Ok(Self { format: FORMAT, executable, python, stamp })
    }

    /// The SHA-256.
    pub(crate) fn digest(&self) -> &str {
        &self.executable
    }

    /// Whether both are the same program, whenever it was linked.
    pub(crate) fn is_same_program(&self, other: &Self) -> bool {
        self.format == other.format
            && self.executable == other.executable
            && self.python == other.python
    }
}

/// The facts of a run, apart from its streams.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Facts {
    pub(crate) origin: Origin,
    pub(crate) exit: Exit,
    pub(crate) elapsed_ns: u64,
    /// Which Python ran it, if it is a script.
    #[serde(default)]
    pub(crate) python: Option<Python>,
}

/// The Python of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Python {
    pub(crate) version: String,
    /// Whether the run was made for this very build, and not accepted earlier and kept in the checkout.
    pub(crate) is_at_hand: bool,
}

impl Python {
    /// For readers.
    pub(crate) fn told(&self) -> String {
        let Self { version, is_at_hand } = self;
        if *is_at_hand {
            format!("Python {version}")
        } else {
            format!(
                "recorded earlier, with Python {version}: there was none when this page was made"
            )
        }
    }
}

/// A run that ended.
#[derive(Debug, Clone)]
pub(crate) struct Recording {
    pub(crate) facts: Facts,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Recording {
    /// The recording of this sample, if there is one that can be read.
    pub(crate) fn load(layout: &Layout, name: &str) -> Option<Self> {
        let folder = layout.recordings().join(name);
        let facts = serde_json::from_slice(&fs::read(folder.join("run.json")).ok()?).ok()?;
        let text = |file: &str| fs::read_to_string(folder.join(file)).ok();
        Some(Self { facts, stdout: text("stdout")?, stderr: text("stderr")? })
    }

    /// The same run of the same program, linked at another time.
    pub(crate) fn with_origin(mut self, origin: Origin) -> Self {
        self.facts.origin = origin;
        self
    }

    /// Renews what a recording says about its origin, and nothing else.
    pub(crate) fn store_facts(&self, layout: &Layout, name: &str) -> Result<()> {
        let place = layout.recordings().join(name).join("run.json");
        let fresh = place.with_extension("json.new");
        fs::write(&fresh, serde_json::to_vec_pretty(&self.facts)?)?;
        fs::rename(&fresh, &place).with_context(|| format!("{} cannot be written", place.display()))
    }

    /// Puts the recording into its place. `workspace` holds what else belongs to it (the trace) and becomes that place.
    pub(crate) fn store(&self, layout: &Layout, name: &str, workspace: Workspace) -> Result<()> {
        let folder = workspace.0.path();
        fs::write(folder.join("stdout"), &self.stdout)?;
        fs::write(folder.join("stderr"), &self.stderr)?;
        fs::write(folder.join("run.json"), serde_json::to_vec_pretty(&self.facts)?)?;
        let place = layout.recordings().join(name);
        if place.exists() {
            fs::remove_dir_all(&place)
                .with_context(|| format!("{} cannot be replaced", place.display()))?;
        }
        fs::rename(workspace.0.keep(), &place)
            .with_context(|| format!("{} cannot be written", place.display()))
    }
}

/// A fresh folder for a run in progress, gone again unless the run is stored.
pub(crate) struct Workspace(tempfile::TempDir);

impl Workspace {
    pub(crate) fn new(layout: &Layout) -> Result<Self> {
        let folder = tempfile::Builder::new().prefix(".running-").tempdir_in(layout.recordings());
        Ok(Self(
            folder.with_context(|| {
                format!("{} cannot be written to", layout.recordings().display())
            })?,
        ))
    }

    /// Where the pool is told to write its trace.
    pub(crate) fn trace(&self) -> PathBuf {
        self.0.path().join("trace.jsonl")
    }
}

/// Held while recordings may change, so that `cargo book serve` and `mdbook build` can run side by side.
pub(crate) struct Lock {
    _held: Flock<File>,
}

impl Lock {
    /// Waits for whoever holds it now, and says so.
    pub(crate) fn take(layout: &Layout) -> Result<Self> {
        let path = layout.recordings().join(".lock");
        fs::create_dir_all(layout.recordings())
            .with_context(|| format!("{} cannot be made", path.display()))?;
        let file =
            File::create(&path).with_context(|| format!("{} cannot be made", path.display()))?;
        let held = match Flock::lock(file, FlockArg::LockExclusiveNonblock) {
            Ok(held) => held,
            Err((file, _)) => {
                progress::step("Waiting", "for another `cargo book` that is recording");
                let locked = Flock::lock(file, FlockArg::LockExclusive);
                locked
                    .map_err(|(_, errno)| errno)
                    .with_context(|| format!("{} cannot be locked", path.display()))?
            }
        };
        Ok(Self { _held: held })
    }
}
