//! Puts an exercise back to how it was handed out, and keeps what was written. Must not know whether
//! that was right.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::course::{Course, Exercise};

/// What became of an answer.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Reset {
    /// It was never touched.
    AsHandedOut,
    /// The stub is back, and what was there lies here.
    KeptAt(PathBuf),
}

/// Restores the stub of this exercise.
pub(crate) fn reset(course: &Course, exercise: &Exercise) -> Result<Reset> {
    let directory = course.directory(exercise);
    let read = |name: &str| {
        let path = directory.join(name);
        fs::read(&path).with_context(|| path.display().to_string())
    };
    let stub = read("stub.rs")?;
    let path = directory.join("exercise.rs");
    let mut kept = Reset::AsHandedOut;
    if path.exists() {
        if read("exercise.rs")? == stub {
            return Ok(Reset::AsHandedOut);
        }
        let backup = free_name(&directory);
        fs::rename(&path, &backup).with_context(|| backup.display().to_string())?;
        kept = Reset::KeptAt(backup);
    }
    fs::write(&path, stub).with_context(|| path.display().to_string())?;
    Ok(kept)
}

/// No earlier backup is ever written over.
fn free_name(directory: &Path) -> PathBuf {
    let name = |n| directory.join(format!("exercise.rs.{n}.bak"));
    let mut n = 1;
    while name(n).exists() {
        n += 1;
    }
    name(n)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::course::sample;

    #[test]
    fn the_stub_is_back_and_every_answer_is_kept() {
        let directory = tempfile::tempdir().unwrap();
        let course = sample(directory.path(), &[("e01_map", "first")]);
        let exercise = &course.exercises[0];
        let place = course.directory(exercise);
        fs::write(place.join("stub.rs"), "the stub").unwrap();
        for n in 1..=2 {
            fs::write(place.join("exercise.rs"), format!("try {n}")).unwrap();
            let backup = place.join(format!("exercise.rs.{n}.bak"));
            assert_eq!(reset(&course, exercise).unwrap(), Reset::KeptAt(backup.clone()));
            assert_eq!(fs::read_to_string(backup).unwrap(), format!("try {n}"));
            assert_eq!(fs::read_to_string(place.join("exercise.rs")).unwrap(), "the stub");
        }
        assert_eq!(reset(&course, exercise).unwrap(), Reset::AsHandedOut);
        fs::remove_file(place.join("exercise.rs")).unwrap();
        assert_eq!(reset(&course, exercise).unwrap(), Reset::AsHandedOut);
        assert_eq!(fs::read_to_string(place.join("exercise.rs")).unwrap(), "the stub");
    }
}
