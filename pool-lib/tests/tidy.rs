//! Keeps the shape of `src`: modules in reading order, files short, `unsafe` in its place, each file saying what it is for.
//!
//! Must not know what the code does: it reads it as text.

use std::fs;
use std::path::{Path, PathBuf};

/// The longest file, in lines.
const LONGEST: usize = 400;
/// Words of the book's metaphor, which stays in the book.
const METAPHOR: [&str; 3] = ["agency", "desk", "lobby"];
/// Names that say nothing.
const NAMELESS: [&str; 5] = ["util", "common", "helpers", "core", "manager"];

struct Source {
    /// Relative to `src`, with `/`.
    path: String,
    text: String,
}

impl Source {
    /// The top-level module that the file belongs to.
    fn module(&self) -> &str {
        self.path.split(['/', '.']).next().unwrap()
    }

    /// The lines that are code, without comments.
    fn code(&self) -> impl Iterator<Item = &str> {
        self.text.lines().filter(|line| !line.trim_start().starts_with("//"))
    }
}

fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path: PathBuf = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let text = fs::read_to_string(&path).unwrap();
                let path = path.strip_prefix(&root).unwrap().to_str().unwrap().to_owned();
                found.push(Source { path, text });
            }
        }
    }
    assert!(found.len() > 40, "only {} files were found", found.len());
    found
}

/// The top-level modules in the order of `lib.rs`.
fn modules(sources: &[Source]) -> Vec<&str> {
    let lib = sources.iter().find(|source| source.path == "lib.rs").unwrap();
    lib.code().filter_map(|line| line.strip_prefix("mod ")?.strip_suffix(';')).collect()
}

/// The top-level modules that a piece of code names by `crate::`, groups included.
fn imports(code: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (at, _) in code.match_indices("crate::") {
        let rest = &code[at + "crate::".len()..];
        let word =
            |text: &str| text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
        match rest.strip_prefix('{') {
            Some(group) => {
                let group = group.split('}').next().unwrap();
                found.extend(group.split(',').map(|item| word(item.trim_start())));
            }
            None => found.push(word(rest)),
        }
    }
    found
}

#[test]
fn modules_import_only_from_those_above_them() {
    let sources = sources();
    let order = modules(&sources);
    assert!(order.len() >= 16, "{order:?}");
    for source in sources.iter().filter(|source| source.path != "lib.rs") {
        let own = order.iter().position(|module| *module == source.module());
        let own = own.unwrap_or_else(|| panic!("{} belongs to no module of lib.rs", source.path));
        let code: String = source.code().map(|line| format!("{line}\n")).collect();
        for import in imports(&code) {
            let place = order.iter().position(|module| *module == import);
            let place = place.unwrap_or_else(|| panic!("{} imports {import}", source.path));
            assert!(
                place <= own,
                "{} imports `{import}`, which stands below its own module in lib.rs",
                source.path
            );
        }
    }
}

#[test]
fn the_reader_of_imports_sees_them_all() {
    let code =
        "use crate::ids::TaskId;\nuse crate::{error, trace::Event};\nlet x = crate::sys::kill;";
    assert_eq!(imports(code), ["ids", "error", "trace", "sys"]);
}

#[test]
fn files_are_short() {
    for source in sources() {
        let lines = source.text.lines().count();
        assert!(lines <= LONGEST, "{} has {lines} lines", source.path);
    }
}

#[test]
fn every_file_says_what_it_is_for_and_what_it_must_not() {
    for source in sources() {
        let head: String = source.text.lines().take_while(|line| line.starts_with("//!")).collect();
        assert!(!head.is_empty(), "{} does not say what it is for", source.path);
        let limit = ["Must not", "must not", "must never"].iter().any(|words| head.contains(words));
        assert!(limit, "{} does not say what it must not know", source.path);
    }
}

#[test]
fn unsafe_code_stands_in_sys_only() {
    for source in sources().iter().filter(|source| source.module() != "sys") {
        for line in source.code() {
            // The one attribute outside: a section name, by which a worker starts before `main`.
            let section = source.path == "bootstrap.rs" && line.contains("link_section");
            let lint = line.contains("unsafe_code");
            assert!(section || lint || !line.contains("unsafe"), "{}: {line}", source.path);
        }
    }
}

#[test]
fn the_metaphor_stays_in_the_book() {
    for source in sources() {
        let text = source.text.to_lowercase();
        for word in METAPHOR {
            assert!(!text.contains(word), "{} says `{word}`", source.path);
        }
    }
}

#[test]
fn names_say_something() {
    for source in sources() {
        let stem = Path::new(&source.path).file_stem().unwrap().to_str().unwrap();
        assert!(!NAMELESS.contains(&stem), "{} has a name that says nothing", source.path);
    }
}

#[test]
fn nothing_is_left_for_later() {
    for source in sources() {
        for word in ["todo!", "unimplemented!", "FIXME", "XXX", "dbg!"] {
            assert!(!source.text.contains(word), "{} holds `{word}`", source.path);
        }
    }
}
