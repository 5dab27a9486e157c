//! Lets mdbook-cmdrun expand one directive, and contains what can go wrong with that.
//!
//! The library runs `sh -c`, waits for ever, takes any exit status for success, and drops stderr. So each directive is
//! expanded in a process of its own (this program again, `expand-directive`), which can be killed with all it started; the
//! exit status is always checked, because a flag that asks for that is put in when the author wrote none; stderr goes to a file.
//!
//! The library also breaks a command with a flag into words and joins them by single spaces. So it is handed `eval` of
//! a variable, and the command passes untouched.
//!
//! mdbook-cmdrun 0.7.3 depends on mdBook 0.4 and dies on mdBook 0.5's input. Drop this file when a release speaks 0.5.
//!
//! Must not know: Markdown, chapters, samples.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail};
use mdbook_cmdrun::CmdRun;

use crate::process::{End, Exit, Limits, neutral, run};
use crate::progress::length;

const OUTPUT_BYTES_MAX: u64 = 1 << 20;
/// What the library's answer begins with when something went wrong.
const FAILURE: &str = "**cmdrun error**";
const COMMAND: &str = "BOOK_TOOL_COMMAND";
const STDERR: &str = "BOOK_TOOL_STDERR";

/// What `command` expands to, with `folder` as its working directory.
pub(crate) fn expand(
    command: &str,
    folder: &Path,
    is_inline: bool,
    deadline: Duration,
) -> Result<String> {
    let limits = Limits { deadline, output_bytes_max: OUTPUT_BYTES_MAX };
    expand_within(limits, command, folder, is_inline)
        .map_err(|error| anyhow!("`<!-- cmdrun {command} -->` failed: {error}"))
}

fn expand_within(limits: Limits, command: &str, folder: &Path, is_inline: bool) -> Result<String> {
    let (flags, program) = flags_and_program(command);
    let stderr = tempfile::NamedTempFile::new()?;
    // The link to the running program works even if the file was replaced by a newer build.
    let mut child = neutral("/proc/self/exe");
    child.arg("expand-directive").arg(flags).arg(folder).args(is_inline.then_some("--inline"));
    child.env(COMMAND, program).env(STDERR, stderr.path()).env("PATH", path_with_this_program()?);
    let run = run(&mut child, limits)?;
    let told = std::fs::read(stderr.path())?;
    let told = match String::from_utf8_lossy(&told).trim_end() {
        "" => "(stderr is empty)".to_owned(),
        text => format!("--- stderr\n{text}\n---"),
    };
    match run.end {
        End::Hung => {
            bail!("it was still running after {} and was killed\n{told}", length(limits.deadline))
        }
        End::Flooded => bail!(
            "it printed more than {} KiB and was killed\n{told}",
            limits.output_bytes_max >> 10
        ),
        End::Exited(Exit::Code(0)) => {}
        End::Exited(exit) => {
            bail!(
                "mdbook-cmdrun ended with {exit}: {}\n{told}",
                String::from_utf8_lossy(&run.stderr).trim_end()
            )
        }
    }
    if !run.survivors.is_empty() {
        bail!("it left processes behind, which were killed: {}\n{told}", run.survivors.join(", "));
    }
    let answer = String::from_utf8(run.stdout).context("its output is not UTF-8")?;
    if let Some(reason) = answer.strip_prefix(FAILURE) {
        // The library quotes the command that it was handed, which is not what the author wrote.
        let reason = reason.replace(&wrapped(), program);
        bail!("{}\n{told}", reason.trim_start_matches(": ").trim_end());
    }
    Ok(answer)
}

/// What `expand-directive` does, in its own process: one call of the library.
pub(crate) fn call_the_library(flags: &str, folder: &Path, is_inline: bool) -> Result<String> {
    let folder =
        folder.to_str().context("mdbook-cmdrun takes only folders whose names are UTF-8")?;
    CmdRun::run_cmdrun(format!("{flags} {}", wrapped()), folder, is_inline)
}

fn wrapped() -> String {
    format!("exec 2>\"${STDERR}\"; eval \"${COMMAND}\"")
}

/// Parts mdbook-cmdrun's own flags from the command. Without a flag it would take any exit status for success.
fn flags_and_program(command: &str) -> (String, &str) {
    let command = command.trim();
    let word = |text: &str| text.find(char::is_whitespace).unwrap_or(text.len());
    if !command.starts_with('-') {
        return ("--strict".to_owned(), command);
    }
    let mut end = word(command);
    if &command[..end] == "--expect-return-code" {
        let rest = &command[end..];
        let gap = rest.len() - rest.trim_start().len();
        end += gap + word(rest.trim_start());
    }
    (command[..end].to_owned(), command[end..].trim_start())
}

/// Directives find this program as `book-tool`.
fn path_with_this_program() -> Result<std::ffi::OsString> {
    let own = std::env::current_exe().context("the path of this program is not known")?;
    let others = std::env::var_os("PATH").unwrap_or_default();
    let folders =
        own.parent().map(Path::to_owned).into_iter().chain(std::env::split_paths(&others));
    std::env::join_paths(folders).context("PATH cannot be extended")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flag_is_parted_from_the_command_and_put_in_where_there_is_none() {
        assert_eq!(flags_and_program("echo  'a  b' "), ("--strict".into(), "echo  'a  b'"));
        assert_eq!(flags_and_program("-1  diff a b"), ("-1".into(), "diff a b"));
        assert_eq!(flags_and_program("--strict true"), ("--strict".into(), "true"));
        assert_eq!(
            flags_and_program("--expect-return-code 3 sh x"),
            ("--expect-return-code 3".into(), "sh x")
        );
    }
}
