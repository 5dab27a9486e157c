//! The chess season that the exercises are about: matches to analyze and a press that prints the
//! analyses. This is what an answer calls. Must not know the judge beyond making a statement to it.

use std::fmt;
use std::io::{self, Write};
use std::process::{Child, Command, Stdio};

use nix::sys::signal::{Signal, raise};
use serde::{Deserialize, Serialize};

pub use crate::analysis::Analysis;
pub use crate::message::Cause;
use crate::message::{Answer, Statement};
use crate::witness;

/// Analyzes one match, in the process that calls it.
pub fn analyze_match(match_id: u32) -> Analysis {
    analyze(match_id, vec![match_id])
}

/// Analyzes one match from the given move on, looking `depth` moves ahead.
pub fn analyze_position(match_id: u32, first_move: u32, depth: u32) -> Analysis {
    analyze(match_id, vec![match_id, first_move, depth])
}

/// What an editor wants analyzed: match, first move and depth of each position.
pub type Card = Vec<(u32, u32, u32)>;

/// The first moves of a game, by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Opening {
    /// 1. e4 e5 2. Nf3 Nc6 3. Bb5
    Spanish,
    /// 1. e4 e5 2. Nf3 Nc6 3. Bc4
    Italian,
    /// 1. e4 e5 2. Nc3
    Vienna,
}

/// Which side of the board.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Side {
    /// The side that begins.
    White,
    /// The other.
    Black,
}

/// Compares one match with an opening, as one side sees it, looking `depth` moves ahead.
pub fn compare_opening(match_id: u32, opening: Opening, side: Side, depth: u32) -> Analysis {
    analyze(match_id, vec![match_id, opening as u32, side as u32, depth])
}

fn analyze(match_id: u32, slip: Vec<u32>) -> Analysis {
    let thread = nix::unistd::gettid().as_raw();
    match witness::state(&Statement::Analyzing { slip, thread }) {
        Some(Answer::Stamp { desk, seal }) => Analysis { match_id, desk, seal },
        Some(Answer::Torn) => panic!("the second page of match {match_id} is torn"),
        Some(Answer::LightsOut) => lights_out(),
        Some(other) => panic!("the judge answered an analysis with {other:?}"),
        None => Analysis { match_id, desk: std::process::id(), seal: 0 },
    }
}

/// What ends a process from outside: no destructor, no panic, no last word.
fn lights_out() -> ! {
    let _ = raise(Signal::SIGKILL);
    unreachable!("nobody survives this signal")
}

/// The telegraph: matches as they are played, one for each call of `next`, and no end to them.
#[derive(Debug, Default)]
pub struct Wire(());

impl Wire {
    /// A wire from its beginning.
    pub fn new() -> Wire {
        Wire(())
    }
}

impl Iterator for Wire {
    type Item = u32;

    fn next(&mut self) -> Option<u32> {
        match witness::state(&Statement::Reading) {
            Some(Answer::Telegram(match_id)) => match_id,
            Some(other) => panic!("the judge answered the wire with {other:?}"),
            None => Some(1),
        }
    }
}

/// Asks a club for a letter and waits until it comes. It says which match is to be analyzed.
pub fn fetch_letter(letter: u32) -> u32 {
    let thread = nix::unistd::gettid().as_raw();
    match witness::state(&Statement::Fetching { letter, thread }) {
        Some(Answer::Letter { match_id }) => match_id,
        Some(other) => panic!("the judge answered a letter with {other:?}"),
        None => letter,
    }
}

/// The name of the clerk's part on the command line.
pub(crate) const CLERK: &str = "--clerk";

/// Hires a clerk for one match: a copy of this program, which writes its analysis to its standard
/// output and leaves.
///
/// # Errors
/// When the system starts no process.
pub fn hire(match_id: u32) -> io::Result<Child> {
    let mut clerk = Command::new(std::env::current_exe()?);
    // The same call once more, so that the copy finds its way.
    clerk.args(std::env::args_os().skip(1)).args([CLERK, &match_id.to_string()]);
    clerk.stdin(Stdio::null()).stdout(Stdio::piped()).spawn()
}

/// The clerk's part: one analysis, written down.
pub(crate) fn be_a_clerk(match_id: u32) -> io::Result<()> {
    let analysis = analyze_match(match_id);
    // Whoever hired us may not be listening any more.
    let _ = writeln!(io::stdout(), "{}", serde_json::to_string(&analysis)?);
    Ok(())
}

/// Reads what a clerk has written.
///
/// # Errors
/// When it is no analysis.
pub fn read_analysis(written: &[u8]) -> io::Result<Analysis> {
    Ok(serde_json::from_slice(written)?)
}

/// The editor does not want this analysis in the paper.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refused {
    /// The match that is not to be printed.
    pub match_id: u32,
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the editor refused the analysis of match {}", self.match_id)
    }
}

impl std::error::Error for Refused {}

/// What the press says when it breaks down over a match.
pub(crate) fn press_broken(match_id: u32) -> String {
    format!("the press broke down over match {match_id}")
}

/// Prints one analysis in the library's paper.
///
/// # Errors
/// [`Refused`] when the editor does not want it.
///
/// # Panics
/// When the press breaks down, which it does at the worst of times.
pub fn publish(analysis: &Analysis) -> Result<(), Refused> {
    match witness::state(&Statement::Publishing { seal: analysis.seal }) {
        Some(Answer::Refused) => Err(Refused { match_id: analysis.match_id }),
        Some(Answer::PressBroken) => panic!("{}", press_broken(analysis.match_id)),
        _ => Ok(()),
    }
}

/// Leaves a column empty, with a word of regret: that of the match with this number, or of the card, where an exercise
/// counts cards.
pub fn leave_blank(number: u32) {
    witness::state(&Statement::LeavingBlank { match_id: number });
}

/// Writes to the player of a match that there is no analysis of it, and why.
pub fn apologize(match_id: u32, cause: Cause) {
    witness::state(&Statement::Apologizing { match_id, cause });
}
