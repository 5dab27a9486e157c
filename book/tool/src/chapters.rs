//! What the chapters, as written, use: which samples, and which parts of which files.
//!
//! mdBook puts nothing on the page for an anchor that does not exist, without a word. Here that is an error.
//!
//! Must not know: what is on a rendered page.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use anyhow::{Context, Result, bail};
use regex::Regex;

use crate::layout::Layout;

static INCLUDE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(\\?)\{\{\s*#(?:include|rustdoc_include|playground)\s+([^\s:}]+)(?::([A-Za-z_][\w-]*))?[^}]*\}\}").unwrap()
});
static DIRECTIVE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"<!--\s*cmdrun\s+book-tool\s+(?:output|quote|fact|timeline)\s+([\w.-]+)").unwrap()
});

/// The chapters that mention each sample, as paths below the folder of the chapters.
#[derive(Debug, Default)]
pub(crate) struct Users(BTreeMap<String, BTreeSet<String>>);

impl Users {
    /// Reads all chapters.
    pub(crate) fn find(layout: &Layout) -> Result<Self> {
        let mut users = Self::default();
        for (path, text) in texts(layout)? {
            let chapter = layout.short(&path).to_string();
            for name in names(&text) {
                users.0.entry(name).or_default().insert(chapter.clone());
            }
        }
        Ok(users)
    }

    /// "(used in book/chapters/map.md)", for a sentence about the sample.
    pub(crate) fn of(&self, sample: &str) -> String {
        match self.0.get(sample) {
            Some(chapters) => {
                format!("used in {}", chapters.iter().cloned().collect::<Vec<_>>().join(", "))
            }
            None => "used in no chapter".to_owned(),
        }
    }
}

/// Fails if a chapter includes a file or an anchor that is not there.
pub(crate) fn check_includes(layout: &Layout) -> Result<()> {
    let mut missing = Vec::new();
    for (path, text) in texts(layout)? {
        let folder = path.parent().unwrap_or(&layout.chapters);
        for include in INCLUDE.captures_iter(&text).filter(|include| include[1].is_empty()) {
            let (file, anchor) =
                (folder.join(&include[2]), include.get(3).map(|anchor| anchor.as_str()));
            if let Some(fault) = fault(&file, anchor) {
                missing.push(format!("{}: {} {fault}", layout.short(&path), &include[0]));
            }
        }
    }
    if !missing.is_empty() {
        bail!("chapters include what is not there:\n{}", missing.join("\n"));
    }
    Ok(())
}

/// What is wrong with an include of `anchor` in `file`.
fn fault(file: &Path, anchor: Option<&str>) -> Option<String> {
    let Ok(text) = std::fs::read_to_string(file) else {
        return Some(format!("there is no file {}", file.display()));
    };
    let anchor = anchor?;
    for word in ["ANCHOR", "ANCHOR_END"] {
        if !has_marker(&text, word, anchor) {
            return Some(format!("{} has no `{word}: {anchor}`", file.display()));
        }
    }
    None
}

/// Whether a line of `text` has `ANCHOR: name`. By hand, because each edit under `serve` asks it some hundred times, and to compile
/// a pattern for each name takes longer than all the rest.
fn has_marker(text: &str, word: &str, name: &str) -> bool {
    let names = text.match_indices(word).filter_map(|(at, _)| {
        let rest = text[at + word.len()..].strip_prefix(':')?;
        rest.trim_start().split(char::is_whitespace).next()
    });
    names.into_iter().any(|found| found == name)
}

/// The samples that a chapter asks for by a directive or shows by an include.
pub(crate) fn names(text: &str) -> BTreeSet<String> {
    let included = INCLUDE.captures_iter(text).filter_map(|include| {
        let path = Path::new(include.get(2)?.as_str());
        let inside = Path::new(path.iter().skip_while(|part| *part != "examples").nth(1)?);
        let is_python = inside.extension().is_some_and(|extension| extension == "py");
        let name = if is_python { inside.file_name() } else { inside.file_stem() };
        Some(name?.to_str()?.to_owned())
    });
    DIRECTIVE.captures_iter(text).map(|directive| directive[1].to_owned()).chain(included).collect()
}

/// Every Markdown file below the folder of the chapters.
fn texts(layout: &Layout) -> Result<Vec<(PathBuf, String)>> {
    let mut folders = vec![layout.chapters.clone()];
    let mut found = Vec::new();
    while let Some(folder) = folders.pop() {
        let entries = std::fs::read_dir(&folder)
            .with_context(|| format!("{} cannot be read", folder.display()))?;
        for entry in entries {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "md") {
                let text = std::fs::read_to_string(&path)
                    .with_context(|| format!("{} cannot be read", path.display()))?;
                found.push((path, text));
            }
        }
    }
    found.sort();
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_are_known_by_directive_and_by_include() {
        let text = "{{#include ../examples/map.rs:all}}\n<!-- cmdrun book-tool output closing-time --stderr -->\n\
                    {{ #include ../examples/zombie/main.rs }} {{#include notes.md}} <!-- cmdrun seq 3 -->\
                    {{#include ../examples/imap.py:all}} <!-- cmdrun book-tool quote hang.py \"#1\" -->";
        assert_eq!(
            names(text),
            ["closing-time", "hang.py", "imap.py", "map", "zombie"].map(String::from).into()
        );
    }

    #[test]
    fn an_anchor_must_have_a_beginning_and_an_end() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("map.rs");
        std::fs::write(
            &file,
            "// ANCHOR: whole\n// ANCHOR: open\nfn main() {}\n// ANCHOR_END: whole",
        )
        .unwrap();
        assert_eq!(fault(&file, Some("whole")), None);
        assert_eq!(fault(&file, None), None);
        assert!(fault(&file, Some("open")).unwrap().contains("ANCHOR_END: open"));
        assert!(fault(&file, Some("ole")).unwrap().contains("ANCHOR: ole"));
        assert!(fault(&file, Some("wh")).unwrap().contains("ANCHOR: wh"));
        assert!(fault(&folder.path().join("mop.rs"), None).unwrap().contains("no file"));
    }
}
