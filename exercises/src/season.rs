//! The chess season that the exercises are about: matches to analyze and a press that prints the
//! analyses. This is what an answer calls. Must not know the judge beyond making a statement to it.

use std::fmt;

use serde::{Deserialize, Serialize};

pub use crate::analysis::Analysis;
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

fn analyze(match_id: u32, slip: Vec<u32>) -> Analysis {
    let thread = nix::unistd::gettid().as_raw();
    match witness::state(&Statement::Analyzing { slip, thread }) {
        Some(Answer::Stamp { desk, seal }) => Analysis { match_id, desk, seal },
        Some(other) => panic!("the judge answered an analysis with {other:?}"),
        None => Analysis { match_id, desk: std::process::id(), seal: 0 },
    }
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

/// What the press says when it breaks down.
pub(crate) const PRESS_BROKEN: &str = "the press broke down";

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
        Some(Answer::PressBroken) => panic!("{PRESS_BROKEN} over match {}", analysis.match_id),
        _ => Ok(()),
    }
}
