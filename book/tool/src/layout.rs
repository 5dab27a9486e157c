//! Where things are in the checkout.
//!
//! Must not know: what is in them.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use mdbook_driver::config::Config;

/// A checkout: the folder that holds `book.toml`, and what lies below it.
#[derive(Debug, Clone)]
pub(crate) struct Layout {
    /// The folder that holds `book.toml`.
    pub(crate) root: PathBuf,
    /// The chapters.
    pub(crate) chapters: PathBuf,
    /// The finished pages.
    pub(crate) pages: PathBuf,
}

impl Layout {
    /// The checkout that `from` lies in.
    pub(crate) fn around(from: &Path) -> Result<Self> {
        let root = from.ancestors().find(|folder| folder.join("book.toml").is_file()).with_context(
            || {
                format!(
                    "neither {} nor a folder above it holds a book.toml; run this in the checkout of the book",
                    from.display()
                )
            },
        )?;
        let mut config = Config::from_disk(root.join("book.toml"))?;
        config.update_from_env()?;
        Self::of(root, &config)
    }

    /// The checkout that mdBook was started in.
    pub(crate) fn of(root: &Path, config: &Config) -> Result<Self> {
        let root = root
            .canonicalize()
            .with_context(|| format!("the book's folder {} cannot be read", root.display()))?;
        let chapters = root.join(&config.book.src);
        ensure!(
            chapters.is_dir(),
            "book.toml names {} as the folder of the chapters, and there is none",
            chapters.display()
        );
        let layout = Self { pages: root.join(&config.build.build_dir), root, chapters };
        layout.refuse_to_delete_sources()?;
        Ok(layout)
    }

    /// mdBook empties its output folder before it renders. Its default is `book`, which here holds the sources.
    fn refuse_to_delete_sources(&self) -> Result<()> {
        let pages = normalized(&self.pages);
        for kept in [&self.root, &self.chapters, &self.samples(), &self.root.join("book")] {
            if normalized(kept).starts_with(&pages) {
                bail!(
                    "rendering to {} would delete {}; set `build-dir = \"target/book\"` under [build] in book.toml, \
                     or name another folder with `--dest-dir`",
                    self.pages.display(),
                    kept.display()
                );
            }
        }
        Ok(())
    }

    /// The programs that the chapters show.
    pub(crate) fn samples(&self) -> PathBuf {
        self.root.join("book/examples")
    }

    /// What the samples printed when they last ran.
    pub(crate) fn recordings(&self) -> PathBuf {
        self.root.join("target/recordings")
    }

    /// What `cargo grade` found when it last ran.
    pub(crate) fn grades(&self) -> PathBuf {
        self.root.join("target/grades.json")
    }

    /// A path as people write it, from the root of the checkout.
    pub(crate) fn short<'a>(&self, path: &'a Path) -> std::path::Display<'a> {
        path.strip_prefix(&self.root).unwrap_or(path).display()
    }
}

/// The path without `.` and `..`, also when nothing stands there yet.
fn normalized(path: &Path) -> PathBuf {
    use std::path::Component::{CurDir, ParentDir};
    let mut out = PathBuf::new();
    for part in path.components() {
        match part {
            CurDir => {}
            ParentDir => {
                out.pop();
            }
            other => out.push(other),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checkout(build_dir: &str) -> Result<Layout> {
        let root = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(root.path().join("book/chapters")).unwrap();
        let mut config = Config::default();
        config.book.src = "book/chapters".into();
        config.build.build_dir = build_dir.into();
        Layout::of(root.path(), &config)
    }

    #[test]
    fn an_output_folder_that_holds_sources_is_refused() {
        for deadly in ["book", ".", "book/chapters", "target/../book", "./book/.", "book/examples"]
        {
            let message = checkout(deadly).unwrap_err().to_string();
            assert!(message.contains("would delete"), "{deadly}: {message}");
        }
        checkout("target/book").unwrap();
    }

    #[test]
    fn outside_of_a_checkout_the_error_says_where_to_go() {
        let nowhere = tempfile::tempdir().unwrap();
        let message = Layout::around(nowhere.path()).unwrap_err().to_string();
        assert!(message.contains("book.toml"), "{message}");
    }
}
