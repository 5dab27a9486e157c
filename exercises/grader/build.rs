//! Lists every solution, stub and wrong answer for `tests/every_answer`, and makes the mutants of each
//! solution, so that a new file or mutation is proven without being named anywhere. Must not know what
//! is in them beyond the name of the function.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

fn main() {
    let exercises = Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("the grader lies below the exercises");
    // A new exercise adds its target there. Watching the directories themselves would build the
    // grader anew after every line that a reader writes.
    println!("cargo::rerun-if-changed={}", exercises.join("Cargo.toml").display());
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets OUT_DIR"));
    let (mut modules, mut entries) = (String::new(), String::new());
    for exercise in sorted(exercises).iter().filter(|dir| dir.join("test.rs").is_file()) {
        let slug = stem(exercise);
        println!("cargo::rerun-if-changed={}", exercise.join("wrong").display());
        let _ = writeln!(
            modules,
            "#[allow(unreachable_pub)]\n#[path = {:?}]\nmod {slug};",
            exercise.join("test.rs")
        );
        let _ = writeln!(
            modules,
            "#[allow(unreachable_pub)]\n#[forbid(unsafe_code)]\nmod {slug}_wrong {{"
        );
        let _ = writeln!(
            entries,
            "    Entry {{ exercise: {slug:?}, answer: \"solution\", kind: Kind::Solution, main: \
             {slug}::main }},"
        );
        let function = function(&exercise.join("README.md"));
        let wrong = sorted(&exercise.join("wrong")).into_iter().map(|file| {
            let kind = format!("Kind::Wrong(include_str!({file:?}))");
            (file, kind)
        });
        let stub = (exercise.join("stub.rs"), "Kind::Stub".to_owned());
        for (file, kind) in wrong.chain([stub]) {
            let name = stem(&file);
            let _ = writeln!(modules, "    #[path = {file:?}]\n    pub(crate) mod {name};");
            let _ = writeln!(
                entries,
                "    Entry {{ exercise: {slug:?}, answer: {name:?}, kind: {kind}, main: || \
                 {slug}::exercise({slug}_wrong::{name}::{function}).main() }},"
            );
        }
        modules.push_str("}\n");
        let _ = writeln!(
            modules,
            "#[allow(unused, unreachable_pub, clippy::all)]\nmod {slug}_mutant {{"
        );
        for (at, (change, source)) in mutants(exercise).into_iter().enumerate() {
            let file = out.join(format!("{slug}_mutant_{at}.rs"));
            fs::write(&file, source).expect("OUT_DIR can be written");
            let _ = writeln!(modules, "    #[path = {file:?}]\n    pub(crate) mod m{at};");
            let _ = writeln!(
                entries,
                "    Entry {{ exercise: {slug:?}, answer: \"mutant {at}\", kind: Kind::Mutant({change:?}), \
                 main: || {slug}::exercise({slug}_mutant::m{at}::{function}).main() }},"
            );
        }
        modules.push_str("}\n");
    }
    let text = format!("{modules}\nconst ENTRIES: &[Entry] = &[\n{entries}];\n");
    fs::write(out.join("answers.rs"), text).expect("OUT_DIR can be written");
}

/// The solution with one change each, and what the change is. `mutations.txt` holds pairs of lines: a
/// text that stands once in the solution, behind `- `, and what takes its place, behind `+ `.
fn mutants(exercise: &Path) -> Vec<(String, String)> {
    let (list, solution) = (exercise.join("mutations.txt"), exercise.join("solution.rs"));
    let [list, solution] = [list, solution].map(|path| {
        println!("cargo::rerun-if-changed={}", path.display());
        fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
    });
    let lines: Vec<&str> = list.lines().filter(|l| !l.is_empty() && !l.starts_with('#')).collect();
    let pairs = lines.chunks(2).map(|pair| {
        let [old, new] = pair else { panic!("{}: an odd line at the end", exercise.display()) };
        let old = old.strip_prefix("- ").unwrap_or_else(|| panic!("{old}: not “- …”"));
        let new = new.strip_prefix('+').unwrap_or_else(|| panic!("{new}: not “+ …”")).trim_start();
        assert_eq!(solution.matches(old).count(), 1, "{}: how often “{old}”", exercise.display());
        (format!("{old} ▸ {new}"), solution.replacen(old, new, 1))
    });
    pairs.collect()
}

fn sorted(directory: &Path) -> Vec<PathBuf> {
    let entries =
        fs::read_dir(directory).unwrap_or_else(|e| panic!("{}: {e}", directory.display()));
    let mut paths: Vec<PathBuf> = entries.flatten().map(|e| e.path()).collect();
    paths.sort();
    paths
}

fn stem(path: &Path) -> String {
    path.file_stem().unwrap_or_default().to_string_lossy().into_owned()
}

/// The README names the function that an answer provides.
fn function(readme: &Path) -> String {
    println!("cargo::rerun-if-changed={}", readme.display());
    let text = fs::read_to_string(readme).unwrap_or_else(|e| panic!("{}: {e}", readme.display()));
    let line = text.lines().find_map(|l| l.strip_prefix("- Function: `"));
    let name = line.and_then(|l| l.strip_suffix('`'));
    name.unwrap_or_else(|| panic!("{}: no line “- Function: `name`”", readme.display())).to_owned()
}
