//! Brings the recordings of all samples up to date: compiles, runs what has changed, judges every run.
//!
//! A recording is used again if the executable is the same and the recorded run still keeps the sample's promise. So a change
//! of the promise alone runs nothing, unless the recorded run breaks it.
//!
//! Must not know: Markdown, mdBook, what pages show.

use std::collections::BTreeSet;
use std::fs;

use anyhow::{Context, Result, anyhow, ensure};

use crate::chapters::Users;
use crate::compile;
use crate::layout::Layout;
use crate::policy::Policy;
use crate::process::{End, Exit, Limits, neutral, run};
use crate::progress::{self, count, length};
use crate::python::{self, Accepted};
use crate::recording::{Facts, Lock, Origin, Python, Recording, Workspace};
use crate::sample::{Runs, Sample};

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
    let mut samples = compile::samples(layout, &users)?;
    samples.extend(python::samples(layout)?);
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
        if sample.policy().is_ok_and(|policy| wants_accepted(sample, &policy)) {
            claimed.insert(sample.accepted_path(layout));
        }
    }
    let entries = fs::read_dir(layout.samples())?.collect::<Result<Vec<_>, _>>()?;
    let outs = entries
        .into_iter()
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|e| e == "out" || e == "toml"));
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

/// Whether something has to be kept in the checkout beside this sample.
fn wants_accepted(sample: &Sample, policy: &Policy) -> bool {
    matches!(sample.runs, Runs::Python(_)) || policy.wants_expected_text()
}

/// Brings one recording up to date, and says whether the sample had to run.
fn one(layout: &Layout, sample: &Sample, wish: &Wish, place: &str) -> Result<bool> {
    let policy = sample.policy()?;
    let known = Recording::load(layout, &sample.name);
    let known_origin = known.as_ref().map(|known| &known.facts.origin);
    let origin = match &sample.runs {
        Runs::Executable(executable) => Origin::of(executable, None, known_origin)?,
        Runs::Python(version) => Origin::of(&sample.source, version.as_deref(), known_origin)?,
    };
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
    let workspace = Workspace::new(layout)?;
    if let Runs::Python(None) = sample.runs {
        ensure!(!bless, "it cannot be run: there is no python3");
        progress::step("Taking", format_args!("{} as it was recorded ({place})", sample.name));
        let path = sample.accepted_path(layout);
        let accepted = Accepted::load(&path).with_context(|| {
            format!("there is no python3, and no {} to stand in", layout.short(&path))
        })?;
        let recording = accepted.stand_in(origin);
        judge(layout, sample, &policy, &recording)?;
        recording.store(layout, &sample.name, workspace)?;
        return Ok(false);
    }
    progress::step("Running", format_args!("{} ({place})", sample.name));
    let recording = perform(layout, sample, &policy, origin, &workspace)?;
    if bless && wants_accepted(sample, &policy) {
        accept(layout, sample, &policy, &recording)?;
    }
    judge(layout, sample, &policy, &recording)?;
    recording.store(layout, &sample.name, workspace)?;
    Ok(true)
}

/// Writes what is kept of a run in the checkout.
fn accept(layout: &Layout, sample: &Sample, policy: &Policy, recording: &Recording) -> Result<()> {
    policy
        .check_end(recording.facts.exit, &recording.stderr)
        .map_err(|e| with_stderr(e, &recording.stderr))?;
    let path = sample.accepted_path(layout);
    match sample.runs {
        Runs::Executable(_) => fs::write(&path, policy.expected_text_from(&recording.stdout))?,
        Runs::Python(_) => Accepted::from(recording)?.store(&path)?,
    }
    progress::step("Blessed", layout.short(&path));
    Ok(())
}

/// Runs the sample, and fails if it hangs, floods or leaves something behind.
fn perform(
    layout: &Layout,
    sample: &Sample,
    policy: &Policy,
    origin: Origin,
    workspace: &Workspace,
) -> Result<Recording> {
    let mut command = match &sample.runs {
        Runs::Executable(executable) => neutral(executable),
        Runs::Python(_) => python::command(layout, &sample.source),
    };
    command
        .current_dir(&layout.root)
        .env("POOL_LIB_TRACE", workspace.trace())
        // Texts of the system and its tools in one language, times in one zone, no colors in a text on paper.
        .envs([("LC_ALL", "C.UTF-8"), ("TZ", "UTC"), ("NO_COLOR", "1")]);
    let limits = Limits { deadline: policy.deadline, output_bytes_max: OUTPUT_BYTES_MAX };
    let run = run(&mut command, limits)?;
    let stderr = String::from_utf8_lossy(&run.stderr).into_owned();
    let fault = match run.end {
        End::Hung if policy.wants_no_end() => None,
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
    if let Some(fault) = fault {
        return Err(with_stderr(fault, &stderr));
    }
    let exit = match run.end {
        End::Exited(exit) => exit,
        End::Hung | End::Flooded => Exit::Stopped,
    };
    let stdout = String::from_utf8(run.stdout).context("what it printed is not UTF-8")?;
    let elapsed_ns = run.elapsed.as_nanos().try_into().unwrap_or(u64::MAX);
    let python = match &sample.runs {
        Runs::Python(Some(version)) => Some(Python { version: version.clone(), is_at_hand: true }),
        Runs::Python(None) | Runs::Executable(_) => None,
    };
    Ok(Recording { facts: Facts { origin, exit, elapsed_ns, python }, stdout, stderr })
}

/// Whether a run keeps the promise of its sample.
fn judge(layout: &Layout, sample: &Sample, policy: &Policy, recording: &Recording) -> Result<()> {
    policy
        .check_end(recording.facts.exit, &recording.stderr)
        .map_err(|error| with_stderr(error, &recording.stderr))?;
    let advice =
        format!("if this is right, `cargo book record --bless {}` accepts it", sample.name);
    let expected = expected(layout, sample, policy, recording)
        .map_err(|error| anyhow!("{}\n{advice}", progress::told(&error)))?;
    policy
        .check_stdout(&recording.stdout, expected.as_deref())
        .map_err(|error| if expected.is_some() { anyhow!("{error}\n{advice}") } else { error })
}

/// What the checkout keeps of an earlier run of this sample.
fn expected(
    layout: &Layout,
    sample: &Sample,
    policy: &Policy,
    recording: &Recording,
) -> Result<Option<String>> {
    if !wants_accepted(sample, policy) {
        return Ok(None);
    }
    let path = sample.accepted_path(layout);
    let missing =
        || format!("there is no {}. It printed:\n{}", layout.short(&path), recording.stdout);
    match sample.runs {
        Runs::Executable(_) => fs::read_to_string(&path).with_context(missing).map(Some),
        Runs::Python(_) => {
            ensure!(path.is_file(), "{}", missing());
            let accepted = Accepted::load(&path)?;
            accepted.is_of(&recording.facts.origin)?;
            Ok(policy.wants_expected_text().then_some(accepted.stdout))
        }
    }
}

fn with_stderr(error: anyhow::Error, stderr: &str) -> anyhow::Error {
    match stderr.trim_end() {
        "" => anyhow!("{error}\n(stderr is empty)"),
        text => anyhow!("{error}\n--- stderr\n{text}\n---"),
    }
}
