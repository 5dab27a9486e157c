//! Has cargo build the test targets of some exercises: one call for all of them, and one that does
//! not compile keeps no other from being built. Must not know what they are for.

use std::collections::HashMap;
use std::env;
use std::io::{BufRead, BufReader, IsTerminal, Read};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;

use anyhow::{Context, Result, bail};
use serde::Deserialize;

/// What became of one target.
#[derive(Clone, Debug)]
pub(crate) enum Built {
    Program(PathBuf),
    /// The compiler's first error, as it prints it.
    CompileError(String),
}

/// The part of cargo's messages that matters here.
#[derive(Deserialize)]
#[serde(tag = "reason")]
enum Message {
    #[serde(rename = "compiler-artifact")]
    Artifact { target: Target, executable: Option<PathBuf> },
    #[serde(rename = "compiler-message")]
    Diagnosis { target: Target, message: Diagnostic },
    #[serde(other)]
    Other,
}

#[derive(Deserialize)]
struct Target {
    name: String,
}

#[derive(Deserialize)]
struct Diagnostic {
    level: String,
    rendered: Option<String>,
}

/// Builds these targets of the package.
pub(crate) fn compile(
    root: &Path,
    package: &str,
    targets: &[&str],
) -> Result<HashMap<String, Built>> {
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.current_dir(root).args(["build", "--keep-going", "--package", package]);
    cargo.args(["--message-format", "json"]);
    cargo.args(targets.iter().flat_map(|target| ["--test", target]));
    cargo.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut cargo = cargo.spawn().context("cargo cannot be started")?;
    let stderr = cargo.stderr.take().context("cargo’s progress cannot be read")?;
    let progress = thread::spawn(move || pass_on_progress(stderr));
    let stdout = cargo.stdout.take().context("cargo’s messages cannot be read")?;
    let mut found = Found::default();
    for line in BufReader::new(stdout).lines() {
        found.note(&line?, targets);
    }
    let status = cargo.wait()?;
    let said = progress.join().unwrap_or_default();
    // Without an error of its own, what stands below the target is broken.
    if let Some(target) = targets.iter().find(|target| !found.built.contains_key(**target)) {
        let why = found.elsewhere.unwrap_or(said);
        bail!("cargo could not build `{target}` ({status}):\n{}", why.trim_end());
    }
    Ok(found.built)
}

/// What cargo's messages have said so far.
#[derive(Default)]
struct Found {
    built: HashMap<String, Built>,
    /// The first error outside the targets.
    elsewhere: Option<String>,
}

impl Found {
    fn note(&mut self, line: &str, targets: &[&str]) {
        match serde_json::from_str(line) {
            Ok(Message::Artifact { target, executable: Some(program) }) => {
                self.built.insert(target.name, Built::Program(program));
            }
            Ok(Message::Diagnosis { target, message }) if message.level == "error" => {
                let error = message.rendered.unwrap_or_default().trim_end().to_owned();
                if targets.contains(&target.name.as_str()) {
                    self.built.entry(target.name).or_insert(Built::CompileError(error));
                } else {
                    self.elsewhere.get_or_insert(error);
                }
            }
            _ => {}
        }
    }
}

/// Shows what cargo is at while somebody watches, and keeps all of it.
fn pass_on_progress(stderr: impl Read) -> String {
    let watched = std::io::stderr().is_terminal();
    let mut said = String::new();
    for line in BufReader::new(stderr).lines().map_while(Result::ok) {
        let word = line.split_whitespace().next().unwrap_or_default();
        if watched && matches!(word, "Compiling" | "Downloading" | "Downloaded" | "Blocking") {
            anstream::eprintln!("{line}");
        }
        said.push_str(&line);
        said.push('\n');
    }
    said
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_target_that_does_not_compile_harms_no_other() {
        let root = env::temp_dir().join(format!("grader-compile-{}", std::process::id()));
        fs::create_dir_all(root.join("tests")).unwrap();
        fs::create_dir_all(root.join("src")).unwrap();
        let manifest = "[package]\nname = \"lobby\"\nedition = \"2024\"\n[workspace]\n";
        fs::write(root.join("Cargo.toml"), manifest).unwrap();
        fs::write(root.join("src/lib.rs"), "").unwrap();
        fs::write(root.join("tests/good.rs"), "#[test] fn good() {}").unwrap();
        fs::write(root.join("tests/bad.rs"), "fn bad() -> u32 { \"four\" }").unwrap();
        let built = compile(&root, "lobby", &["bad", "good"]);
        let missing = compile(&root, "lobby", &["no_such_target"]);
        fs::remove_dir_all(&root).unwrap();
        let built = built.unwrap();
        assert!(matches!(&built["good"], Built::Program(_)));
        let Built::CompileError(error) = &built["bad"] else { panic!("{built:?}") };
        assert!(error.contains("mismatched types") && error.contains("tests/bad.rs"), "{error}");
        assert!(missing.unwrap_err().to_string().contains("no_such_target"));
    }
}
