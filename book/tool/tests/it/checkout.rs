//! A small checkout in a temporary folder: one package `book` without dependencies, chapters, samples.
//!
//! Must not know: what is tested with it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

pub(crate) const TOOL: &str = env!("CARGO_BIN_EXE_book-tool");

const BOOK_TOML: &str = r#"
[book]
title = "A small book"
src = "book/chapters"

[build]
build-dir = "target/book"

[preprocessor.agency]
command = "TOOL preprocess"
after = ["links"]
deadline-s = 5
"#;

const WORKSPACE: &str =
    "[workspace]\nresolver = \"3\"\nmembers = [\"book\"]\n[profile.release]\nopt-level = 0\n";
const PACKAGE: &str = "[package]\nname = \"book\"\nversion = \"0.1.0\"\nedition = \"2024\"\n";

/// The sample that prints ten lines, exactly these.
pub(crate) const TEN: &str = r#"//! Ten results.
//!
//! ```toml
//! output = "exact"
//! ```
fn main() {
    // ANCHOR: loop
    for id in 1..=10 {
        println!("Result for Match #{id}: Analysis Clear");
    }
    // ANCHOR_END: loop
}
"#;

pub(crate) struct Checkout {
    folder: tempfile::TempDir,
}

/// How a run of the program ended, and what it said.
pub(crate) struct Said {
    pub(crate) is_success: bool,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Checkout {
    /// One chapter, no sample.
    pub(crate) fn new(chapter: &str) -> Self {
        let checkout = Self { folder: tempfile::tempdir().unwrap() };
        checkout.write("Cargo.toml", WORKSPACE);
        checkout.write("book/Cargo.toml", PACKAGE);
        // cargo refuses a package without any target, and not every test has a sample.
        checkout.write("book/src/lib.rs", "");
        checkout.write("book.toml", &BOOK_TOML.replace("TOOL", TOOL));
        checkout.write("book/chapters/SUMMARY.md", "# Summary\n\n- [The map](map.md)\n");
        checkout.write("book/chapters/map.md", chapter);
        checkout
    }

    /// A chapter that shows `TEN`, with its expected output.
    pub(crate) fn with_ten() -> Self {
        let checkout = Self::new(
            "# The map\n\n```rust\n{{#include ../examples/ten.rs:loop}}\n```\n\n<!-- cmdrun book-tool output ten -->\n",
        );
        checkout.sample("ten", TEN);
        checkout.write("book/examples/ten.out", &ten_lines());
        checkout
    }

    pub(crate) fn root(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn path(&self, path: &str) -> PathBuf {
        self.root().join(path)
    }

    pub(crate) fn write(&self, path: &str, text: &str) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        // Like a careful editor: a watcher never sees half a file.
        let fresh = path.with_file_name(".fresh");
        fs::write(&fresh, text).unwrap();
        fs::rename(fresh, path).unwrap();
    }

    pub(crate) fn sample(&self, name: &str, source: &str) {
        self.write(&format!("book/examples/{name}.rs"), source);
    }

    pub(crate) fn read(&self, path: &str) -> String {
        fs::read_to_string(self.path(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
    }

    /// The text of the page, tags and all.
    pub(crate) fn page(&self) -> String {
        self.read("target/book/map.html")
    }

    /// The program, ready to be started in the checkout.
    pub(crate) fn tool(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(TOOL);
        command.args(arguments).current_dir(self.root()).stdin(Stdio::null());
        command
            .env("CARGO_TARGET_DIR", self.path("target"))
            .env_remove("RUSTFLAGS")
            .env("NO_COLOR", "1");
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Said {
        Said::from(self.tool(arguments).output().unwrap())
    }

    /// Builds the book, which must work.
    pub(crate) fn build(&self) -> Said {
        let said = self.run(&["build"]);
        assert!(said.is_success, "{}", said.stderr);
        said
    }
}

impl From<Output> for Said {
    fn from(output: Output) -> Self {
        Self {
            is_success: output.status.success(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

impl Said {
    /// It failed, and its message holds all these parts.
    #[track_caller]
    pub(crate) fn complains_of(&self, parts: &[&str]) {
        assert!(!self.is_success, "it did not fail:\n{}", self.stderr);
        for part in parts {
            assert!(self.stderr.contains(part), "{part:?} is missing in:\n{}", self.stderr);
        }
    }

    /// The samples that it had to run.
    pub(crate) fn ran(&self) -> Vec<&str> {
        let lines =
            self.stderr.lines().filter_map(|line| line.trim_start().strip_prefix("Running "));
        lines.filter_map(|rest| rest.split(' ').next()).collect()
    }
}

pub(crate) fn ten_lines() -> String {
    (1..=10).map(|id| format!("Result for Match #{id}: Analysis Clear\n")).collect()
}
