//! Notices when an answer has been saved. Must not know what is done about it.
//!
//! The kernel tells at once, but not of every file: of one that another machine has written (a
//! network drive, the Windows side of WSL) it knows nothing and says no error either. So the few
//! files are also read every half second, which costs nothing that could be measured.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use notify::{Config, EventKind, PollWatcher, RecommendedWatcher, RecursiveMode, Watcher};

const POLL: Duration = Duration::from_millis(500);
/// Editors write, rename and touch in a row. A save is over when nothing has happened for so long.
const QUIET: Duration = Duration::from_millis(40);

/// Watches some files by name: an editor may put a new file in the place of the old one.
pub(crate) struct Watch {
    files: Vec<PathBuf>,
    events: Receiver<notify::Result<notify::Event>>,
    _kernel: Option<RecommendedWatcher>,
    _poll: PollWatcher,
}

impl Watch {
    pub(crate) fn start(files: Vec<PathBuf>) -> Result<Watch> {
        let (tell, events) = channel();
        // Without the kernel's word there still is the other way.
        let kernel = notify::recommended_watcher(tell.clone()).ok().and_then(|mut watcher| {
            let directories = files.iter().filter_map(|file| file.parent());
            directories
                .into_iter()
                .try_for_each(|d| watcher.watch(d, RecursiveMode::NonRecursive))
                .ok()
                .map(|()| watcher)
        });
        let config = Config::default().with_poll_interval(POLL).with_compare_contents(true);
        let mut poll = PollWatcher::new(tell, config).context("files cannot be watched")?;
        for file in &files {
            poll.watch(file, RecursiveMode::NonRecursive)
                .with_context(|| format!("{} cannot be watched", file.display()))?;
        }
        Ok(Watch { files, events, _kernel: kernel, _poll: poll })
    }

    /// Waits until files have been saved, and says which; what happened before the call counts.
    pub(crate) fn next(&self) -> Result<BTreeSet<PathBuf>> {
        let mut saved = BTreeSet::new();
        loop {
            let event = if saved.is_empty() {
                self.events.recv().context("files are not watched any more")?
            } else {
                match self.events.recv_timeout(QUIET) {
                    Ok(event) => event,
                    Err(RecvTimeoutError::Timeout) => return Ok(saved),
                    Err(RecvTimeoutError::Disconnected) => bail!("files are not watched any more"),
                }
            };
            match event {
                // The kernel dropped events: anything may have been saved.
                Ok(event) if event.need_rescan() => saved.extend(self.files.iter().cloned()),
                Ok(event) if !matches!(event.kind, EventKind::Access(_)) => {
                    saved.extend(event.paths.into_iter().filter(|path| self.files.contains(path)));
                }
                _ => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_save_is_noticed_however_the_editor_does_it() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("exercise.rs");
        fs::write(&file, "first").unwrap();
        let watch = Watch::start(vec![file.clone()]).unwrap();
        fs::write(&file, "second").unwrap();
        assert!(watch.next().unwrap().contains(&file));
        let new = directory.path().join("exercise.rs.swp");
        fs::write(&new, "third").unwrap();
        fs::rename(&new, &file).unwrap();
        assert!(watch.next().unwrap().contains(&file));
    }

    #[test]
    fn without_the_word_of_the_kernel_a_save_is_noticed_as_well() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("exercise.rs");
        fs::write(&file, "first").unwrap();
        let mut watch = Watch::start(vec![file.clone()]).unwrap();
        drop(watch._kernel.take());
        fs::write(&file, "longer than first").unwrap();
        watch.next().unwrap();
    }
}
