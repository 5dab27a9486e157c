//! Begins an exercise: a copy of `exercises/template` under a name of its own, which passes every test
//! and waits to be rewritten. Must not know what is in the copy.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};

use crate::course::{Course, is_a_slug};

/// What stands for the slug and the id in the template.
const PLACEHOLDER: &str = "template";

/// What is left to do by hand for a new exercise, a line each.
pub(crate) fn new(course: &Course, slug: &str) -> Result<Vec<String>> {
    if !is_a_slug(slug) {
        bail!(
            "“{slug}” is no name for an exercise: it is a number and a name, as in `e15_knights`"
        );
    }
    let (number, id) = slug.split_once('_').context("a slug has a number and a name")?;
    let id = id.replace('_', "-");
    let taken = |e: &&crate::course::Exercise| {
        e.slug.starts_with(&format!("{number}_")) || e.readme.id == id
    };
    if let Some(other) = course.exercises.iter().find(taken) {
        bail!("there is {} already, with the id “{}”", other.slug, other.readme.id);
    }
    let root = course.root.join("exercises");
    copy(&root.join(PLACEHOLDER), &root.join(slug), slug, &id)?;
    let stub = root.join(slug).join("stub.rs");
    fs::copy(&stub, root.join(slug).join("exercise.rs"))
        .with_context(|| stub.display().to_string())?;
    let page = course.root.join(format!("book/chapters/{slug}.md"));
    fs::rename(root.join(slug).join("page.md"), &page)
        .with_context(|| page.display().to_string())?;
    let manifest = root.join("Cargo.toml");
    let text = fs::read_to_string(&manifest).with_context(|| manifest.display().to_string())?;
    let target = format!(
        "\n[[test]]\nname = \"{slug}\"\npath = \"{slug}/test.rs\"\nharness = false\ntest = false\n"
    );
    fs::write(&manifest, text + &target).with_context(|| manifest.display().to_string())?;
    Ok(vec![
        format!(
            "exercises/{slug}/README.md        the task; its first line is the id, which then stays"
        ),
        format!("exercises/{slug}/test.rs          scenes and checks"),
        format!("exercises/{slug}/solution.rs      and mutations.txt, what is to be noticed in it"),
        format!(
            "exercises/{slug}/stub.rs          copied to exercise.rs by `cargo grade reset {number}`"
        ),
        format!("exercises/{slug}/wrong/           five or more, a misconception each"),
        format!(
            "book/chapters/SUMMARY.md          a line for {slug}.md, and a link in its chapter"
        ),
        format!("book/theme/head.hbs               a line with its description"),
        format!("SCORES=write cargo test -p grader --test every_answer -- {slug}"),
    ])
}

fn copy(from: &Path, to: &Path, slug: &str, id: &str) -> Result<()> {
    fs::create_dir(to).with_context(|| to.display().to_string())?;
    for entry in fs::read_dir(from).with_context(|| from.display().to_string())? {
        let entry = entry?;
        let (path, target) = (entry.path(), to.join(entry.file_name()));
        if path.is_dir() {
            copy(&path, &target, slug, id)?;
            continue;
        }
        let text = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
        let text = text.replace(&format!("id: {PLACEHOLDER} "), &format!("id: {id} "));
        fs::write(&target, text.replace(PLACEHOLDER, slug))
            .with_context(|| target.display().to_string())?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::course::sample;

    #[test]
    fn a_new_exercise_is_a_copy_under_its_own_name_and_takes_nobody_elses() {
        let directory = tempfile::tempdir().unwrap();
        let course = sample(directory.path(), &[("e01_map", "first"), ("template", "template")]);
        assert_eq!(course.exercises.len(), 1, "the template is no exercise");
        let root = directory.path().join("exercises");
        for (name, text) in [("stub.rs", "// template"), ("page.md", "{{#include template}}")] {
            fs::write(root.join("template").join(name), text).unwrap();
        }
        fs::write(root.join("Cargo.toml"), "[package]\n").unwrap();
        fs::create_dir_all(directory.path().join("book/chapters")).unwrap();
        new(&course, "e02_two_knights").unwrap();
        let read = |path: &str| fs::read_to_string(directory.path().join(path)).unwrap();
        assert!(
            read("exercises/e02_two_knights/README.md").starts_with("<!-- id: two-knights -->")
        );
        assert_eq!(read("exercises/e02_two_knights/exercise.rs"), "// e02_two_knights");
        assert_eq!(read("book/chapters/e02_two_knights.md"), "{{#include e02_two_knights}}");
        assert!(read("exercises/Cargo.toml").contains("path = \"e02_two_knights/test.rs\""));
        for taken in ["e01_other", "e03_first", "knights", "e3_x", "e03_", "e03_../x"] {
            assert!(new(&course, taken).is_err(), "{taken}");
        }
    }
}
