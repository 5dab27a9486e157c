//! The line of a file of the pool that is left out, to see that it is needed.
//!
//! Must not know what stands in it.

use std::panic::Location;
use std::sync::OnceLock;

/// A line of a file: the end of its path, and its number.
pub type Line = (&'static str, u32);

static OMITTED: OnceLock<Line> = OnceLock::new();

/// Once in a process.
pub fn omit(line: Line) {
    OMITTED.set(line).expect("one line at a time");
}

/// Whether the line that calls is left out.
#[track_caller]
pub fn is_omitted() -> bool {
    let caller = Location::caller();
    OMITTED
        .get()
        .is_some_and(|(file, line)| caller.line() == *line && caller.file().ends_with(file))
}

/// The lines of a file in which one of these words stands, with their text. Its tests are left aside.
pub fn lines(
    file: &'static str,
    text: &'static str,
    words: &'static [&str],
) -> impl Iterator<Item = (Line, &'static str)> {
    let lines =
        text.lines().enumerate().map(move |(at, text)| ((file, at as u32 + 1), text.trim()));
    let lines = lines.take_while(|(_, text)| !text.starts_with("#[cfg(test)]"));
    lines.filter(|(_, text)| words.iter().any(|word| text.contains(word)))
}
