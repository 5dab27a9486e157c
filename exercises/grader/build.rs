//! Lists every solution, stub and wrong answer for `tests/every_answer`, so that a new file there
//! is proven without being named anywhere. Must not know what is in them beyond the name of the
//! function.

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
    }
    let text = format!("{modules}\nconst ENTRIES: &[Entry] = &[\n{entries}];\n");
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets OUT_DIR")).join("answers.rs");
    fs::write(&out, text).expect("OUT_DIR can be written");
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
