//! Brings the recordings of all samples up to date: compiles, runs what has changed, judges every run.
//!
//! A recording is used again if the executable is the same and the recorded run still keeps the sample's promise. So a change
//! of the promise alone runs nothing, unless the recorded run breaks it.
//!
//! Must not know: Markdown, mdBook, what pages show.

use std::collections::BTreeSet;
use std::fs;

use anyhow::{Context, Result, anyhow, bail, ensure};

use crate::chapters::Users;
use crate::compile;
use crate::layout::Layout;
use crate::policy::Policy;
use crate::process::{End, Limits, neutral, run};
use crate::progress::{self, count, length};
use crate::recording::{Facts, Lock, Origin, Recording, Workspace};
use crate::sample::Sample;

/// No page can show more.
const OUTPUT_BYTES_MAX: u64 = 1 << 20;

/// What to do beyond running what is out of date.
#[derive(Debug, Clone, Default)]
pub(crate) struct Wish {
    /// Run every sample, and fail on expected outputs that belong to none.
    pub(crate) check: bool,
    /// Run these (all, if empty) and write what they print as the expected output.
    pub(crate) bless: Option<Vec<String>>,
}

impl Wish {
    fn blesses(&self, name: &str) -> bool {
        self.bless
            .as_ref()
            .is_some_and(|names| names.is_empty() || names.iter().any(|wanted| wanted == name))
    }
}

/// Brings all recordings up to date. On failure, the error tells of every sample that failed.
pub(crate) fn bring_up_to_date(layout: &Layout, wish: &Wish) -> Result<()> {
    let _lock = Lock::take(layout)?;
    let users = Users::find(layout)?;
    let samples = compile::samples(layout, &users)?;
    check_names(&samples, wish)?;
    let mut recorded = 0;
    let mut failed = Vec::new();
    for (number, sample) in samples.iter().enumerate() {
        let place = format!("{} of {}", number + 1, samples.len());
        match one(layout, sample, wish, &place) {
            Ok(ran) => recorded += usize::from(ran),
            Err(error) => {
                let who = format!("sample `{}` ({})", sample.name, users.of(&sample.name));
                failed.push(format!("{who}: {}", progress::told(&error)));
            }
        }
    }
    failed.extend(leftovers(layout, &samples, wish)?);
    ensure!(failed.is_empty(), "{}", failed.join("\n\n"));
    if recorded > 0 {
        progress::step(
            "Recorded",
            format_args!("{recorded} of {}", count(samples.len(), "sample")),
        );
    }
    Ok(())
}

fn check_names(samples: &[Sample], wish: &Wish) -> Result<()> {
    for wanted in wish.bless.iter().flatten() {
        let known: Vec<&str> = samples.iter().map(|sample| sample.name.as_str()).collect();
        ensure!(
            known.contains(&wanted.as_str()),
            "there is no sample `{wanted}`; there are: {}",
            known.join(", ")
        );
    }
    Ok(())
}

/// Expected outputs, and under `--check` only, that belong to no sample.
fn leftovers(layout: &Layout, samples: &[Sample], wish: &Wish) -> Result<Vec<String>> {
    if !wish.check || !layout.samples().is_dir() {
        return Ok(Vec::new());
    }
    let mut claimed = BTreeSet::new();
    for sample in samples {
        if sample.policy().is_ok_and(|policy| policy.wants_expected_text()) {
            claimed.insert(sample.expected_path(&layout.samples()));
        }
    }
    let entries = fs::read_dir(layout.samples())?.collect::<Result<Vec<_>, _>>()?;
    let outs = entries
        .into_iter()
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|e| e == "out"));
    Ok(outs
        .filter(|path| !claimed.contains(path))
        .map(|path| {
            format!(
                "{} belongs to no sample that compares its output; delete it",
                layout.short(&path)
            )
        })
        .collect())
}

/// Brings one recording up to date, and says whether the sample had to run.
fn one(layout: &Layout, sample: &Sample, wish: &Wish, place: &str) -> Result<bool> {
    let policy = sample.policy()?;
    let known = Recording::load(layout, &sample.name);
    let origin = Origin::of(&sample.executable, known.as_ref().map(|known| &known.facts.origin))?;
    let bless = wish.blesses(&sample.name);
    let may_stay = !wish.check && !bless;
    if let Some(known) =
        known.filter(|known| may_stay && known.facts.origin.is_same_program(&origin))
        && judge(layout, sample, &policy, &known).is_ok()
    {
        if known.facts.origin != origin {
            known.with_origin(origin).store_facts(layout, &sample.name)?;
        }
        return Ok(false);
    }
    progress::step("Running", format_args!("{} ({place})", sample.name));
    let workspace = Workspace::new(layout)?;
    let recording = perform(layout, sample, &policy, origin, &workspace)?;
    if bless && policy.wants_expected_text() {
        policy
            .check_end(recording.facts.exit, &recording.stderr)
            .map_err(|e| with_stderr(e, &recording.stderr))?;
        let path = sample.expected_path(&layout.samples());
        fs::write(&path, policy.expected_text_from(&recording.stdout))?;
        progress::step("Blessed", layout.short(&path));
    }
    judge(layout, sample, &policy, &recording)?;
    recording.store(layout, &sample.name, workspace)?;
    Ok(true)
}

/// Runs the sample, and fails if it hangs, floods or leaves something behind.
fn perform(
    layout: &Layout,
    sample: &Sample,
    policy: &Policy,
    origin: Origin,
    workspace: &Workspace,
) -> Result<Recording> {
    let mut command = neutral(&sample.executable);
    command
        .current_dir(&layout.root)
        .env("POOL_LIB_TRACE", workspace.trace())
        // Texts of the system and its tools in one language, times in one zone, no colors in a text on paper.
        .envs([("LC_ALL", "C.UTF-8"), ("TZ", "UTC"), ("NO_COLOR", "1")]);
    let limits = Limits { deadline: policy.deadline, output_bytes_max: OUTPUT_BYTES_MAX };
    let run = run(&mut command, limits)?;
    let stderr = String::from_utf8_lossy(&run.stderr).into_owned();
    let fault = match run.end {
        End::Hung => {
            Some(anyhow!("it was still running after {} and was killed", length(policy.deadline)))
        }
        End::Flooded => {
            Some(anyhow!("it printed more than {} KiB and was killed", OUTPUT_BYTES_MAX >> 10))
        }
        End::Exited(_) if !run.survivors.is_empty() => Some(anyhow!(
            "it ended and left processes behind, which were killed: {}",
            run.survivors.join(", ")
        )),
        End::Exited(_) => None,
    };
    let End::Exited(exit) = run.end else {
        return Err(with_stderr(fault.context("a run that was cut off has a reason")?, &stderr));
    };
    if let Some(fault) = fault {
        return Err(with_stderr(fault, &stderr));
    }
    let stdout = String::from_utf8(run.stdout).context("what it printed is not UTF-8")?;
    let elapsed_ns = run.elapsed.as_nanos().try_into().unwrap_or(u64::MAX);
    Ok(Recording { facts: Facts { origin, exit, elapsed_ns }, stdout, stderr })
}

/// Whether a run keeps the promise of its sample.
fn judge(layout: &Layout, sample: &Sample, policy: &Policy, recording: &Recording) -> Result<()> {
    policy
        .check_end(recording.facts.exit, &recording.stderr)
        .map_err(|error| with_stderr(error, &recording.stderr))?;
    let path = sample.expected_path(&layout.samples());
    let expected = match fs::read_to_string(&path) {
        Ok(text) => Some(text),
        Err(_) if policy.wants_expected_text() => bail!(
            "there is no {}; `cargo book record --bless {}` writes it. It printed:\n{}",
            layout.short(&path),
            sample.name,
            recording.stdout
        ),
        Err(_) => None,
    };
    policy.check_stdout(&recording.stdout, expected.as_deref()).map_err(|error| {
        let advice =
            format!("if this is right, `cargo book record --bless {}` accepts it", sample.name);
        if expected.is_some() { anyhow!("{error}\n{advice}") } else { error }
    })
}

fn with_stderr(error: anyhow::Error, stderr: &str) -> anyhow::Error {
    match stderr.trim_end() {
        "" => anyhow!("{error}\n(stderr is empty)"),
        text => anyhow!("{error}\n--- stderr\n{text}\n---"),
    }
}
