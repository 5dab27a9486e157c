//! Tells which kind of file was edited.
//!
//! Must not know: what is done about it.

use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use notify::{EventKind, RecommendedWatcher, RecursiveMode, Watcher};

use crate::layout::Layout;

/// Editors write, rename and touch in a row. An edit is over when nothing has happened for so long.
const QUIET: Duration = Duration::from_millis(40);

/// What was edited, in the order of how much has to be done again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Edit {
    /// Text or looks: render.
    Prose,
    /// Something that directives may read: expand them all, render.
    Pages,
    /// A sample or the pool: compile, run what is new, expand, render.
    Samples,
}

/// Watches everything that the pages are made from.
pub(crate) struct Watch {
    layout: Layout,
    events: Receiver<notify::Result<notify::Event>>,
    _watcher: RecommendedWatcher,
}

impl Watch {
    pub(crate) fn start(layout: &Layout) -> Result<Self> {
        use RecursiveMode::{NonRecursive, Recursive};
        let (tell, events) = channel();
        let mut watcher = notify::recommended_watcher(tell).context("files cannot be watched")?;
        let root = &layout.root;
        let places = [
            (layout.chapters.clone(), Recursive),
            (layout.samples(), Recursive),
            (root.join("book/theme"), Recursive),
            (root.join("pool-lib/src"), Recursive),
            (root.join("pool-lib"), NonRecursive),
            (root.join("book"), NonRecursive),
            (root.clone(), NonRecursive),
        ];
        for (place, mode) in places.into_iter().filter(|(place, _)| place.is_dir()) {
            watcher
                .watch(&place, mode)
                .with_context(|| format!("{} cannot be watched", place.display()))?;
        }
        Ok(Self { layout: layout.clone(), events, _watcher: watcher })
    }

    /// Waits for the next edit.
    pub(crate) fn next(&self) -> Result<Edit> {
        loop {
            let mut edit = self.kind(self.events.recv().context("files are not watched any more")?);
            loop {
                match self.events.recv_timeout(QUIET) {
                    Ok(event) => edit = edit.max(self.kind(event)),
                    Err(RecvTimeoutError::Timeout) => break,
                    Err(RecvTimeoutError::Disconnected) => bail!("files are not watched any more"),
                }
            }
            if let Some(edit) = edit {
                return Ok(edit);
            }
        }
    }

    fn kind(&self, event: notify::Result<notify::Event>) -> Option<Edit> {
        match event {
            Ok(event) if matches!(event.kind, EventKind::Access(_)) => None,
            // The kernel dropped events: anything may have changed.
            Ok(event) if event.need_rescan() => Some(Edit::Samples),
            Ok(event) => event.paths.iter().filter_map(|path| kind(&self.layout, path)).max(),
            Err(_) => Some(Edit::Samples),
        }
    }
}

/// What kind of file this is; `None` if no page depends on it.
fn kind(layout: &Layout, path: &Path) -> Option<Edit> {
    let name = path.file_name()?.to_str()?;
    let is_editors_own =
        name.starts_with(['.', '#']) || name.ends_with(['~', '#']) || name == "4913";
    let extension = path.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
    if is_editors_own || matches!(extension, "swp" | "swx" | "tmp" | "bak") {
        return None;
    }
    let is_manifest = |folder: PathBuf| path == folder.join("Cargo.toml");
    if path.starts_with(&layout.chapters) {
        Some(if extension == "md" { Edit::Prose } else { Edit::Pages })
    } else if path.starts_with(layout.root.join("book/theme")) {
        Some(Edit::Prose)
    } else if path == layout.root.join("book.toml") {
        Some(Edit::Pages)
    } else if path.starts_with(layout.samples())
        || path.starts_with(layout.root.join("pool-lib/src"))
        || ["", "book", "pool-lib"].into_iter().any(|folder| is_manifest(layout.root.join(folder)))
    {
        Some(Edit::Samples)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_of_file_asks_for_what_it_needs_and_no_more() {
        let root = PathBuf::from("/checkout");
        let layout = Layout {
            chapters: root.join("book/chapters"),
            pages: root.join("target/book"),
            root: root.clone(),
        };
        for (path, expected) in [
            ("book/chapters/map.md", Some(Edit::Prose)),
            ("book/chapters/table.csv", Some(Edit::Pages)),
            ("book/theme/agency.css", Some(Edit::Prose)),
            ("book.toml", Some(Edit::Pages)),
            ("book/examples/map.rs", Some(Edit::Samples)),
            ("book/examples/map.out", Some(Edit::Samples)),
            ("pool-lib/src/lib.rs", Some(Edit::Samples)),
            ("pool-lib/Cargo.toml", Some(Edit::Samples)),
            ("Cargo.toml", Some(Edit::Samples)),
            ("Cargo.lock", None),
            ("README.md", None),
            ("target", None),
            ("book/chapters/.map.md.swp", None),
            ("book/chapters/map.md~", None),
            ("book/chapters/4913", None),
        ] {
            assert_eq!(kind(&layout, &root.join(path)), expected, "{path}");
        }
    }
}
