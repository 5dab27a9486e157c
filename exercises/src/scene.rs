//! One scene of an exercise: what is asked, what is played, and what is checked afterward. Must not
//! know how it is watched.

use std::error::Error;
use std::time::Duration;

use crate::analysis::Analysis;
use crate::evidence::{Ending, Evidence};
use crate::release::Keeping;
pub use crate::release::Until;
use crate::verdict::Finding;

/// Looks at the evidence and finds something, or does not.
pub type Check = fn(&Evidence) -> Option<Finding>;

/// What an answer returns when it returns at all.
pub type Outcome<T> = Result<T, Box<dyn Error>>;

/// How the press treats what is brought to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Paper {
    /// Everything is printed.
    PrintsAll,
    /// The editor refuses the analysis that is brought as number so and so.
    RefusesNumber(usize),
    /// The press breaks down over it.
    BreaksAtNumber(usize),
}

/// What befalls whoever analyzes a certain match.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The analysis panics.
    Torn,
    /// The process is killed.
    LightsOut,
    /// The analysis never ends.
    Endless,
}

/// A scene: built by its methods, played in a process of its own.
pub struct Scene {
    pub(crate) name: &'static str,
    pub(crate) moment: &'static str,
    pub(crate) desks: usize,
    pub(crate) slips: Vec<Vec<u32>>,
    pub(crate) describe: fn(&[u32]) -> String,
    pub(crate) paper: Paper,
    pub(crate) keeping: Keeping,
    pub(crate) in_company: Option<usize>,
    pub(crate) on_all_cores: bool,
    pub(crate) stopped_by_the_press: bool,
    pub(crate) faults: Vec<(u32, Fault)>,
    pub(crate) letters: Vec<u32>,
    pub(crate) limits: &'static [Duration],
    pub(crate) play: Box<dyn Fn(Duration) -> Ending>,
    pub(crate) checks: Vec<Check>,
    pub(crate) fact: fn(&Evidence) -> String,
}

impl Scene {
    /// A scene in which these slips are to be analyzed at so many desks. `moment` goes on after
    /// "when".
    pub fn new(
        name: &'static str,
        moment: &'static str,
        desks: usize,
        slips: Vec<Vec<u32>>,
    ) -> Scene {
        Scene {
            name,
            moment,
            desks,
            slips,
            describe: |slip| format!("match {}", slip[0]),
            paper: Paper::PrintsAll,
            keeping: Keeping { rank: 0, until: Until::Begun(desks) },
            in_company: None,
            on_all_cores: false,
            stopped_by_the_press: false,
            faults: Vec::new(),
            letters: Vec::new(),
            limits: &[Duration::ZERO],
            play: Box::new(|_| Ending::Returned(Vec::new())),
            checks: Vec::new(),
            fact: |_| String::new(),
        }
    }

    /// How to speak of a slip.
    #[must_use]
    pub fn describe(mut self, describe: fn(&[u32]) -> String) -> Scene {
        self.describe = describe;
        self
    }

    /// How the press behaves.
    #[must_use]
    pub fn paper(mut self, paper: Paper) -> Scene {
        self.paper = paper;
        self
    }

    /// Which of the first analyses is kept, and until when; otherwise the earliest, until as many
    /// others have begun as there are desks.
    #[must_use]
    pub fn keeping(mut self, rank: usize, until: Until) -> Scene {
        self.keeping = Keeping { rank, until };
        self
    }

    /// As many are under way as there are desks not only at first, but as long as not so many slips have begun. Not for slips
    /// that are tied together.
    #[must_use]
    pub fn busy_for(mut self, slips: usize) -> Scene {
        self.in_company = Some(slips);
        self
    }

    /// On all cores that there are; otherwise on one: then the number of desks is what the answer says, and never by luck
    /// that of the cores.
    #[must_use]
    pub fn on_all_cores(mut self) -> Scene {
        self.on_all_cores = true;
        self
    }

    /// When the press has said no, or has broken down, no analysis ends any more.
    #[must_use]
    pub fn stopped_by_the_press(mut self) -> Scene {
        self.stopped_by_the_press = true;
        self
    }

    /// Whose analysis goes wrong, and how.
    #[must_use]
    pub fn faults(mut self, faults: &[(u32, Fault)]) -> Scene {
        self.faults = faults.to_vec();
        self
    }

    /// The letters that can be fetched; the first is about the match on the first slip, and so on.
    #[must_use]
    pub fn letters(mut self, letters: &[u32]) -> Scene {
        self.letters = letters.to_vec();
        self
    }

    /// What is played: the call of the reader's function.
    #[must_use]
    pub fn play(self, play: impl Fn() -> Outcome<Vec<Analysis>> + 'static) -> Scene {
        self.play_within(&[Duration::ZERO], move |_| play())
    }

    /// The same, with a limit for an analysis: the first of these. When the machine was so busy that one with an end may have
    /// been given up for it, nothing can be said, and all is played again with the next.
    #[must_use]
    pub fn play_within(
        mut self,
        limits: &'static [Duration],
        play: impl Fn(Duration) -> Outcome<Vec<Analysis>> + 'static,
    ) -> Scene {
        self.limits = limits;
        self.play = Box::new(move |limit| match play(limit) {
            Ok(results) => Ending::Returned(results),
            Err(e) => Ending::Failed(e.to_string()),
        });
        self
    }

    /// The checks, in this order: the first that finds something decides.
    #[must_use]
    pub fn checks(mut self, checks: &[Check]) -> Scene {
        self.checks.extend_from_slice(checks);
        self
    }

    /// What to say when nothing was found.
    #[must_use]
    pub fn fact(mut self, fact: fn(&Evidence) -> String) -> Scene {
        self.fact = fact;
        self
    }

    /// What befalls whoever is at this slip.
    pub(crate) fn fault(&self, slip: &[u32]) -> Option<Fault> {
        self.faults.iter().find(|(match_id, _)| *match_id == slip[0]).map(|(_, fault)| *fault)
    }
}
