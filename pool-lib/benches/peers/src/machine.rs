//! Where and with what it was measured.
//!
//! Must not guess: what cannot be read is said to be unknown.

use std::fs;
use std::process::{Command, Stdio};

/// The first line that a command prints, if it can be run and succeeds.
fn first_line(program: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program).args(arguments).stderr(Stdio::null()).output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout);
    output.status.success().then(|| text.lines().next().unwrap_or("").trim().to_owned())
}

fn read(path: &str) -> String {
    fs::read_to_string(path).map_or_else(|_| "unknown".to_owned(), |text| text.trim().to_owned())
}

/// The version of a package of Python's, or none if it cannot be imported.
pub(crate) fn python(module: &str) -> Option<String> {
    let code = format!(
        "import importlib, importlib.metadata as m, platform\n\
         importlib.import_module({module:?})\n\
         try: print(m.version({module:?}))\n\
         except m.PackageNotFoundError: print('of Python', platform.python_version())"
    );
    first_line("python3", &["-c", &code])
}

/// The version of a crate that this program was built with.
pub(crate) fn locked(name: &str) -> String {
    let lock = include_str!("../../../../Cargo.lock");
    let entry =
        lock.split("[[package]]").find(|entry| entry.contains(&format!("name = {name:?}\n")));
    let version = entry.and_then(|entry| entry.split("version = \"").nth(1)?.split('"').next());
    version.unwrap_or("unknown").to_owned()
}

pub(crate) fn load() -> String {
    read("/proc/loadavg").split(' ').take(3).collect::<Vec<_>>().join(" ")
}

pub(crate) fn processor() -> String {
    let info = read("/proc/cpuinfo");
    let name = info.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    format!("{}, {cores} cores to use", name.map_or("unknown processor", |(_, name)| name))
}

pub(crate) fn memory() -> String {
    let info = read("/proc/meminfo");
    let kib = info.lines().find_map(|line| line.strip_prefix("MemTotal:"));
    let kib = kib.and_then(|rest| rest.split_whitespace().next()?.parse::<u64>().ok());
    kib.map_or("unknown".to_owned(), |kib| format!("{:.1} GiB", kib as f64 / (1 << 20) as f64))
}

pub(crate) fn kernel() -> String {
    read("/proc/sys/kernel/osrelease")
}

pub(crate) fn compiler() -> String {
    first_line("rustc", &["--version"]).unwrap_or("unknown".to_owned())
}

pub(crate) fn date() -> String {
    first_line("date", &["-u", "+%Y-%m-%d %H:%M UTC"]).unwrap_or("unknown".to_owned())
}

/// The commit of pool-lib, and whether anything had been changed since.
pub(crate) fn commit() -> String {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");
    let commit = first_line("git", &["-C", folder, "rev-parse", "--short", "HEAD"]);
    let changed = first_line("git", &["-C", folder, "status", "--porcelain", "--", "src"]);
    match (commit, changed.as_deref()) {
        (None, _) => "unknown".to_owned(),
        (Some(commit), Some("") | None) => commit,
        (Some(commit), Some(_)) => format!("{commit}, with changes"),
    }
}
