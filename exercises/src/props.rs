//! What stands on the stage besides the desks: the press, the wire, the post. Writes down who used
//! them and says what they answer. Must not know what an answer should have done with them.

use crate::evidence::{Apology, Evidence, Fetch, Press, Print, Read};
use crate::hearing::Caller;
use crate::message::{Answer, Cause};
use crate::scene::{Paper, Scene};

/// Who waits for a letter.
struct Waiting {
    caller: Caller,
    thread: (u32, i32),
    letter: u32,
    answer: Answer,
}

/// The post office: letters come when all of them have been asked for, or when nobody else asks. When all are waited for at
/// once, that of the first on the list comes last, after a while: the order of arrival is not that of the list.
#[derive(Default)]
pub(crate) struct Post {
    waiting: Vec<Waiting>,
    open: bool,
}

impl Post {
    /// Somebody asks for a letter. Returns who gets one.
    pub(crate) fn asked(
        &mut self,
        scene: &Scene,
        evidence: &mut Evidence,
        caller: Caller,
        fetch: Fetch,
    ) -> Vec<(Caller, Answer)> {
        evidence.fetches.push(fetch);
        let place = scene.letters.iter().position(|&letter| letter == fetch.letter);
        // A letter that nobody has written is about no match.
        let match_id = place.map_or(0, |place| scene.slips[place][0]);
        let thread = (fetch.pid, fetch.thread);
        let (letter, answer) = (fetch.letter, Answer::Letter { match_id });
        self.waiting.push(Waiting { caller, thread, letter, answer });
        let mut threads: Vec<_> = self.waiting.iter().map(|w| w.thread).collect();
        threads.sort_unstable();
        threads.dedup();
        evidence.most_fetching = evidence.most_fetching.max(threads.len());
        self.open |= threads.len() >= scene.letters.len();
        if !self.open {
            return Vec::new();
        }
        let late = |waiting: &mut Waiting| scene.letters.first() == Some(&waiting.letter);
        let last = if threads.len() > 1 {
            self.waiting.extract_if(.., late).collect()
        } else {
            Vec::new()
        };
        let letters = self.deliver();
        self.waiting = last;
        letters
    }

    pub(crate) fn holds_somebody(&self) -> bool {
        !self.waiting.is_empty()
    }

    pub(crate) fn gone(&mut self, caller: Caller) {
        self.waiting.retain(|w| w.caller != caller);
    }

    /// Whoever has got a letter has done what there was to do with it: now comes the last one.
    pub(crate) fn settled(&mut self) -> Vec<(Caller, Answer)> {
        if self.open { self.deliver() } else { Vec::new() }
    }

    /// Nobody else asks: everybody gets a letter at once from now on.
    pub(crate) fn give_up(&mut self) -> Vec<(Caller, Answer)> {
        self.open |= self.holds_somebody();
        self.deliver()
    }

    fn deliver(&mut self) -> Vec<(Caller, Answer)> {
        self.waiting.drain(..).map(|w| (w.caller, w.answer)).collect()
    }
}

/// An analysis is brought to the press.
pub(crate) fn press(scene: &Scene, evidence: &mut Evidence, pid: u32, seal: u64) -> Answer {
    let number = evidence.prints.len() + 1;
    let (press, answer) = match scene.paper {
        Paper::RefusesNumber(n) if n == number => (Press::Refused, Answer::Refused),
        Paper::BreaksAtNumber(n) if n == number => (Press::Broke, Answer::PressBroken),
        _ => (Press::Printed, Answer::Printed),
    };
    let begun = evidence.runs.len();
    evidence.prints.push(Print { seal, pid, press, begun });
    answer
}

/// A column stays empty.
pub(crate) fn blank(evidence: &mut Evidence, pid: u32, match_id: u32) -> Answer {
    let (press, begun) = (Press::Blank(match_id), evidence.runs.len());
    evidence.prints.push(Print { seal: 0, pid, press, begun });
    Answer::Printed
}

/// A player is told that there is no analysis.
pub(crate) fn apology(evidence: &mut Evidence, pid: u32, match_id: u32, cause: Cause) -> Answer {
    evidence.apologies.push(Apology { match_id, pid, cause });
    Answer::Posted
}

/// A match is read from the wire, which says what is on the slips. Nobody listens to it without
/// end: after the last of them it is cut.
pub(crate) fn wire(scene: &Scene, evidence: &mut Evidence) -> Answer {
    let telegram = scene.slips.get(evidence.reads.len()).map(|slip| slip[0]);
    if telegram.is_some() {
        evidence.reads.push(Read { printed: evidence.prints.len() });
    }
    Answer::Telegram(telegram)
}
