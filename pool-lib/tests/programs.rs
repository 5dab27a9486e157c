//! Real programs that are not this one: without the hook before `main`, and with a library that is loaded at run time.
//!
//! Must not share a target folder with anything else: they are built while this runs.

#[path = "it/solitude.rs"]
mod solitude;
#[path = "it/watchdog.rs"]
mod watchdog;

use std::ffi::{CStr, CString, c_char};
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;

use nix::libc;

const PACKAGE: &str = env!("CARGO_MANIFEST_DIR");

/// Builds the programs, once, and says where they are; `None`, aloud, where there is no cargo any more.
fn built() -> Option<&'static Path> {
    static FOLDER: OnceLock<Option<PathBuf>> = OnceLock::new();
    FOLDER.get_or_init(build).as_deref()
}

fn build() -> Option<PathBuf> {
    if !Path::new(env!("CARGO")).exists() {
        // Written directly: what the print macros write is kept back by the test harness.
        let mut stderr = std::io::stderr();
        writeln!(stderr, "skipped: there is no {}", env!("CARGO")).unwrap();
        return None;
    }
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("programs");
    fs::create_dir_all(&folder).unwrap();
    write(
        &folder.join("Cargo.toml"),
        &format!(
            "[workspace]\n[package]\nname = 'programs'\nedition = '2024'\n\
             [profile.dev]\ndebug = false\n\
             [dependencies]\npool-lib = {{ path = '{PACKAGE}', default-features = false }}\n\
             [lib]\nname = 'plugin'\npath = '{PACKAGE}/tests/programs/plugin.rs'\ncrate-type = ['cdylib']\n\
             [[bin]]\nname = 'program'\npath = '{PACKAGE}/tests/programs/program.rs'\n"
        ),
    );
    // The versions that the workspace has, which are on this machine.
    let lock = Path::new(PACKAGE).join("../Cargo.lock");
    if !folder.join("Cargo.lock").exists() {
        write(&folder.join("Cargo.lock"), &fs::read_to_string(lock).unwrap());
    }
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["build", "--offline", "--quiet", "--target-dir", "target"]).current_dir(&folder);
    let output = cargo.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Some(folder.join("target/debug"))
}

/// Leaves the file alone if it is as it should be; another process may be reading it.
fn write(path: &Path, text: &str) {
    if fs::read_to_string(path).is_ok_and(|old| old == text) {
        return;
    }
    let aside = path.with_extension(std::process::id().to_string());
    fs::write(&aside, text).unwrap();
    fs::rename(aside, path).unwrap();
}

/// Runs the program, and says which processes came to its `main`, each with its parent.
fn run(folder: &Path, manner: &str, method: &str) -> (Output, Vec<(u32, u32)>) {
    let seen = folder.join(format!("seen-{}-{manner}-{method}", std::process::id()));
    let mut program = Command::new(folder.join("program"));
    let output = program.args([manner, method]).arg(&seen).output().unwrap();
    let pair = |line: &str| {
        let (own, parent) = line.split_once(' ').unwrap();
        (own.parse().unwrap(), parent.parse().unwrap())
    };
    let processes = fs::read_to_string(&seen).unwrap().lines().map(pair).collect();
    fs::remove_file(seen).unwrap();
    (output, processes)
}

fn forgotten_init(method: &str) {
    let Some(folder) = built() else { return };
    watchdog::guarded("forgotten_init_refused", || {
        let (output, processes) = run(folder, "forget", method);
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(3), "{said}");
        // The copies refuse to build a pool, and the original says what is to be done.
        assert!(said.contains("this process was started as a worker"), "{said}");
        assert!(
            said.lines().last().unwrap().contains("must call pool_lib::init() first"),
            "{said}"
        );
        // They have made no copies of their own.
        let (original, _) = processes[0];
        assert!((2..20).contains(&processes.len()), "{processes:?}");
        assert!(processes[1..].iter().all(|(_, parent)| *parent == original), "{processes:?}");
        // With the call it is a program like any other, and its workers never come to its `main`.
        let (output, processes) = run(folder, "remember", method);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        assert_eq!(String::from_utf8(output.stdout).unwrap(), "[1, 2, 3, 4, 5]\n");
        assert_eq!(processes.len(), 1);
    });
}

mod forgotten_init_refused {
    #[test]
    fn fork_server() {
        super::forgotten_init("fork-server");
    }

    #[test]
    fn spawn() {
        super::forgotten_init("spawn");
    }
}

/// What the plug-in says; it is loaded into this very process, and stays.
fn plugin_errors(folder: &Path, spawn: bool) -> Vec<String> {
    let path = CString::new(folder.join("libplugin.so").to_str().unwrap()).unwrap();
    // SAFETY: the library is ours, and what runs when it is loaded is what std and pool-lib bring along.
    let library = unsafe { libc::dlopen(path.as_ptr(), libc::RTLD_NOW) };
    assert!(!library.is_null(), "the plug-in cannot be loaded");
    // SAFETY: the handle is that of an open library.
    let symbol = unsafe { libc::dlsym(library, c"plugin_errors".as_ptr()) };
    assert!(!symbol.is_null());
    // SAFETY: this is the signature with which the library exports it.
    let errors = unsafe {
        std::mem::transmute::<*mut libc::c_void, extern "C" fn(bool) -> *const c_char>(symbol)
    };
    // SAFETY: it returns a text that is never freed.
    let text = unsafe { CStr::from_ptr(errors(spawn)) };
    text.to_str().unwrap().lines().map(str::to_owned).collect()
}

fn function_from_dylib(name: &'static str, spawn: bool) {
    let Some(folder) = built() else { return };
    let refused = || {
        let errors = plugin_errors(folder, spawn);
        assert_eq!(errors.len(), if spawn { 5 } else { 6 }, "{errors:?}");
        for error in errors {
            assert!(error.contains("it comes from a shared library"), "{error}");
        }
        // And a function of the program itself is none the worse for it.
        let pool = pool_lib::Pool::builder().processes(1).build().unwrap();
        assert_eq!(pool.apply(|n: u64| n * 3, 4).unwrap(), 12);
    };
    solitude::alone(name, |_| (), refused);
}

mod function_from_dylib_refused {
    #[test]
    fn fork_server() {
        super::function_from_dylib("function_from_dylib_refused::fork_server", false);
    }

    #[test]
    fn spawn() {
        super::function_from_dylib("function_from_dylib_refused::spawn", true);
    }
}
