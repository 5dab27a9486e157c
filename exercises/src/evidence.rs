//! What the judge saw of one scene. All of it comes from the kernel or from the judge's own hand,
//! but for what the answer returned. Must not know which of it is good and which is bad.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::analysis::Analysis;
pub use crate::message::{Cause, Ending};

/// One analysis that began.
#[derive(Clone, Debug)]
pub struct Run {
    /// Its arguments.
    pub slip: Vec<u32>,
    /// The process that did it, by the kernel's word.
    pub pid: u32,
    /// The thread, by its own word.
    pub thread: i32,
    /// What the judge pressed onto it.
    pub seal: u64,
    /// Whether that process runs the same program as the judge, as workers of a pool do.
    pub same_program: bool,
    /// Whether it is a clerk whom the program has hired by hand.
    pub hired: bool,
}

/// What the press did with an analysis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Press {
    /// It was printed.
    Printed,
    /// It is no analysis: the column of this match stays empty.
    Blank(u32),
    /// The editor refused it.
    Refused,
    /// The press broke down over it.
    Broke,
}

/// One analysis that went to the press.
#[derive(Clone, Debug)]
pub struct Print {
    /// The seal of the analysis; 0 for an empty column.
    pub seal: u64,
    /// The process that brought it.
    pub pid: u32,
    /// What became of it.
    pub press: Press,
    /// How many analyses had begun by then.
    pub begun: usize,
}

/// One letter of regret.
#[derive(Clone, Copy, Debug)]
pub struct Apology {
    /// The match that has no analysis.
    pub match_id: u32,
    /// The process that wrote it.
    pub pid: u32,
    /// What is said to have befallen it.
    pub cause: Cause,
}

/// One match that was read from the wire.
#[derive(Clone, Copy, Debug)]
pub struct Read {
    /// How many analyses had gone to the press by then.
    pub printed: usize,
}

/// One letter that was asked for.
#[derive(Clone, Copy, Debug)]
pub struct Fetch {
    /// Which.
    pub letter: u32,
    /// The process that asked, by the kernel's word.
    pub pid: u32,
    /// The thread, by its own word.
    pub thread: i32,
}

/// How things stood when an analysis had been kept for something that never came.
#[derive(Clone, Copy, Debug)]
pub struct InVain {
    /// How many analyses had begun.
    pub begun: usize,
    /// How many had gone to the press.
    pub printed: usize,
}

/// How things stood when, behind the first ones, fewer were under way than there were desks and matches for them.
#[derive(Clone, Copy, Debug)]
pub struct Alone {
    /// How many processes were at an analysis.
    pub together: usize,
    /// How many analyses had begun.
    pub begun: usize,
}

/// A process that is still there.
#[derive(Clone, Debug)]
pub struct Left {
    /// Its number.
    pub pid: u32,
    /// Whose child it is.
    pub parent: u32,
    /// The name of its program.
    pub name: String,
}

/// What was still there when the reader's function had ended and the kernel had had time to clear
/// up.
#[derive(Clone, Debug, Default)]
pub struct Leftovers {
    /// Processes that live.
    pub alive: Vec<Left>,
    /// Processes that have ended and that nobody has waited for.
    pub zombies: Vec<Left>,
    /// What the new descriptors lead to.
    pub descriptors: Vec<String>,
    /// Threads more than before.
    pub threads: usize,
    /// Whether `waitid` in the subject itself still knew of children.
    pub children: bool,
}

/// Everything that was seen of one scene.
#[derive(Debug)]
pub struct Evidence {
    /// What happens in the scene, to go on after "when".
    pub moment: &'static str,
    /// How many desks were asked for.
    pub desks: usize,
    /// How long an analysis may take, where there is such a limit.
    pub limit: Duration,
    /// Whether an analysis that has an end had to wait so long for others, on a busy machine, that it may have been given up
    /// for that.
    pub hurried: bool,
    /// How many of their workers fall, and are replaced.
    pub falls: usize,
    /// What was asked to be analyzed, in this order.
    pub slips: Vec<Vec<u32>>,
    /// How to speak of a slip.
    pub describe: fn(&[u32]) -> String,
    /// The process in which the reader's function ran.
    pub subject: u32,
    /// All analyses, in the order in which they began.
    pub runs: Vec<Run>,
    /// All that went to the press, in this order.
    pub prints: Vec<Print>,
    /// All letters of regret, in this order.
    pub apologies: Vec<Apology>,
    /// All that was read from the wire, in this order.
    pub reads: Vec<Read>,
    /// All letters that were asked for, in this order.
    pub fetches: Vec<Fetch>,
    /// The largest number of letters that were waited for at the same time.
    pub most_fetching: usize,
    /// One analysis is kept until others have gone on without it; here they did not.
    pub in_vain: Option<InVain>,
    /// Where the desks are to be busy to the end: here they were not.
    pub alone: Option<Alone>,
    /// The largest number of processes that were kept at an analysis at the same time.
    pub most_at_once: usize,
    /// The largest number of analyses that one process was kept at, at the same time.
    pub most_at_one_desk: usize,
    /// How many processes of this program stood ready when the first analyses were under way, busy or not; one of them may
    /// be no desk but what starts them.
    pub most_standing: usize,
    /// The largest number of processes alive at the same time of those that did an analysis.
    pub most_alive: usize,
    /// How many other processes of this program stood idle when nobody else came to an analysis.
    pub idle: usize,
    /// How the function ended.
    pub ending: Ending,
    /// What was left afterward.
    pub leftovers: Leftovers,
    /// What was printed.
    pub printed: String,
}

impl Evidence {
    /// The analysis that carries this seal.
    pub fn run_of(&self, seal: u64) -> Option<&Run> {
        self.runs.iter().find(|r| r.seal == seal)
    }

    /// The processes that did an analysis, without the subject.
    pub fn workers(&self) -> BTreeSet<u32> {
        self.runs.iter().map(|r| r.pid).filter(|&pid| pid != self.subject).collect()
    }

    /// The analyses done by the subject itself.
    pub fn own_runs(&self) -> Vec<&Run> {
        self.runs.iter().filter(|r| r.pid == self.subject).collect()
    }

    /// What the answer returned; nothing when it returned none.
    pub fn results(&self) -> &[Analysis] {
        match &self.ending {
            Ending::Returned(results) => results,
            _ => &[],
        }
    }

    /// How often this slip was analyzed.
    pub fn times(&self, slip: &[u32]) -> usize {
        self.runs.iter().filter(|r| r.slip == slip).count()
    }

    /// How to speak of this slip.
    pub fn name(&self, slip: &[u32]) -> String {
        (self.describe)(slip)
    }
}
