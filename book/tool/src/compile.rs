//! Compiles all samples by one call of cargo.
//!
//! Must not know: how samples are run.

use std::collections::BTreeMap;
use std::io::{BufReader, IsTerminal};
use std::path::PathBuf;
use std::process::Stdio;

use anyhow::{Context, Result, bail};
use serde::Deserialize;

use crate::chapters::Users;
use crate::layout::Layout;
use crate::process::{Group, neutral};
use crate::progress;
use crate::sample::{Runs, Sample};

/// A line of `cargo build --message-format=json`, as far as it matters here.
#[derive(Deserialize)]
#[serde(tag = "reason")]
enum Message {
    #[serde(rename = "compiler-artifact")]
    Artifact {
        target: Target,
        executable: Option<PathBuf>,
        #[serde(default)]
        fresh: bool,
    },
    #[serde(rename = "compiler-message")]
    Diagnostic { target: Target, message: Diagnostic },
    #[serde(other)]
    Other,
}

#[derive(Deserialize)]
struct Target {
    name: String,
    kind: Vec<String>,
    src_path: PathBuf,
}

#[derive(Deserialize)]
struct Diagnostic {
    level: String,
    #[serde(default)]
    rendered: Option<String>,
}

/// What cargo said.
#[derive(Default)]
struct Told {
    samples: Vec<Sample>,
    /// Errors by target, rendered as rustc prints them.
    errors: BTreeMap<String, String>,
}

/// Compiles the samples and returns them in the order of their names.
pub(crate) fn samples(layout: &Layout, users: &Users) -> Result<Vec<Sample>> {
    let format =
        if std::io::stderr().is_terminal() { "json-diagnostic-rendered-ansi" } else { "json" };
    let mut command = neutral(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command
        .args(["build", "--release", "--examples", "--package", "book", "--keep-going"])
        .arg(format!("--message-format={format}"))
        .current_dir(&layout.root)
        .stdin(Stdio::null())
        .stdout(Stdio::piped());
    let mut cargo =
        Group::start(&mut command).context("the samples cannot be compiled without cargo")?;
    let stdout = cargo.child.stdout.take().context("cargo was started without a pipe")?;
    let mut told = Told::default();
    let lines =
        serde_json::Deserializer::from_reader(BufReader::new(stdout)).into_iter::<Message>();
    for message in lines {
        told.take_in(message.context("cargo's messages cannot be understood")?);
    }
    let status = cargo.child.wait()?;
    if !status.success() {
        bail!("{}", told.complaint(layout, users));
    }
    told.samples.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(told.samples)
}

impl Told {
    fn take_in(&mut self, message: Message) {
        match message {
            Message::Artifact { target, executable: Some(executable), fresh }
                if is_example(&target) =>
            {
                if !fresh {
                    progress::step("Compiled", format_args!("sample {}", target.name));
                }
                self.samples.push(Sample {
                    name: target.name,
                    source: target.src_path,
                    runs: Runs::Executable(executable),
                });
            }
            Message::Diagnostic { target, message } => {
                let rendered = message.rendered.unwrap_or_default();
                if message.level.starts_with("error") {
                    self.errors.entry(target.name).or_default().push_str(&rendered);
                } else {
                    anstream::eprint!("{rendered}");
                }
            }
            Message::Artifact { .. } | Message::Other => {}
        }
    }

    fn complaint(&self, layout: &Layout, users: &Users) -> String {
        if self.errors.is_empty() {
            return "cargo could not build the samples; what it says stands above".to_owned();
        }
        let tell = |(name, text): (&String, &String)| {
            let source = layout.samples().join(format!("{name}.rs"));
            let what = if source.is_file() || layout.samples().join(name).is_dir() {
                format!("sample `{name}` ({}) does not compile", users.of(name))
            } else {
                format!("`{name}`, which samples need, does not compile")
            };
            format!("{what}:\n{text}")
        };
        self.errors.iter().map(tell).collect::<Vec<_>>().join("\n")
    }
}

fn is_example(target: &Target) -> bool {
    target.kind.iter().any(|kind| kind == "example")
}
