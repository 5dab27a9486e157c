//! What the terminal sees: one line for each step that takes long.
//!
//! Everything goes to stderr, because stdout carries mdBook's protocol when this program is a preprocessor.
//! Colors only on a terminal, which `anstream` decides.
//!
//! Must not know: what the steps do.

use std::fmt::Display;
use std::time::Duration;

use anstyle::{AnsiColor, Style};

const STEP: Style = AnsiColor::Green.on_default().bold();
const TROUBLE: Style = AnsiColor::Red.on_default().bold();
const NOTE: Style = AnsiColor::Yellow.on_default().bold();

/// A step begins or has ended: a verb, in cargo's manner, and what it is about.
pub(crate) fn step(verb: &str, what: impl Display) {
    anstream::eprintln!("{STEP}{verb:>12}{STEP:#} {what}");
}

/// Something that the reader of the terminal should know, and that stops nothing.
pub(crate) fn note(what: impl Display) {
    anstream::eprintln!("{NOTE}{:>12}{NOTE:#} {what}", "Note");
}

/// What stops the build, with everything that led to it.
pub(crate) fn trouble(error: &anyhow::Error) {
    anstream::eprintln!("{TROUBLE}error{TROUBLE:#}: {}", told(error));
}

/// An error and its causes, as text.
pub(crate) fn told(error: &anyhow::Error) -> String {
    let mut text = error.to_string();
    for cause in error.chain().skip(1) {
        text.push_str(&format!("\n  because: {cause}"));
    }
    text
}

/// A length of time with two or three significant digits.
pub(crate) fn length(time: Duration) -> String {
    let seconds = time.as_secs_f64();
    match seconds {
        s if s < 0.1 => format!("{:.0} ms", s * 1e3),
        s if s < 10.0 => format!("{s:.1} s"),
        s => format!("{s:.0} s"),
    }
}

/// `1 page`, `2 pages`.
pub(crate) fn count(number: usize, noun: &str) -> String {
    let s = if number == 1 { "" } else { "s" };
    format!("{number} {noun}{s}")
}
