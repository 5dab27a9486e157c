//! Watches one scene from outside: starts the subject, lets analyses go on as `release` says,
//! notices when nothing moves any more, and has the stage cleared. Must not know what an answer should have done.

use std::collections::{HashMap, HashSet};
use std::fs::File;
use std::io::{self, Read, Seek};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::RecvTimeoutError;
use std::time::{Duration, Instant};

use nix::sys::memfd::{MFdFlags, memfd_create};
use nix::sys::prctl;

use crate::aftermath::{Before, clear_the_stage, look_for_leftovers, wait_for};
use crate::effort::Effort;
use crate::evidence::{Alone, Ending, Evidence, Fetch, InVain, Leftovers, Run};
use crate::family::{self, Onlooker};
use crate::hearing::{Caller, Event, Hearing, random};
use crate::message::{Answer, JUDGE_VARIABLE, Statement};
use crate::props::{self, Post};
use crate::release::Release;
use crate::scene::{Fault, Scene};

const TICK: Duration = Duration::from_millis(25);
/// The whole family was asleep at so many looks in a row: nobody is on the way from one desk to another. Counted in looks,
/// because on a busy machine the judge itself may not look for long, and then knows nothing of that time.
const SETTLED: u32 = looks(50);
/// The same for this long: nobody else is coming to an analysis.
const NOBODY_COMES: u32 = looks(1_500);
/// The same, while nobody waits for the judge: they wait for each other.
const STANDSTILL: u32 = looks(8_000);
/// Something runs, but nothing has been heard for so long.
const SILENCE: Duration = Duration::from_secs(30);
const PRINTED_MAX: u64 = 16 << 20;

/// So many looks span this time at least.
const fn looks(milliseconds: u128) -> u32 {
    (milliseconds / TICK.as_millis()) as u32 + 1
}

/// The scene while it is played.
struct Watch<'a> {
    scene: &'a Scene,
    hearing: Hearing,
    subject: Child,
    onlooker: Onlooker,
    printed: File,
    release: Release,
    post: Post,
    evidence: Evidence,
    before: Option<Before>,
    line: Option<Caller>,
    ending: Option<Ending>,
    /// Who is at an analysis, at which one, and since when.
    analyzing: HashMap<Caller, (usize, Instant)>,
    /// Whether somebody was let go because nobody else came.
    gave_up: bool,
    heard_at: Instant,
    /// At how many looks in a row nobody was awake, since something was heard.
    asleep: u32,
    /// Somebody who keeps running, and is no desk, is not waited for.
    effort: Effort,
}

/// Plays the scene in a process of its own, with this limit for an analysis if it has one, and says what was seen.
pub(crate) fn watch(scene: &Scene, limit: Duration) -> io::Result<Evidence> {
    prctl::set_child_subreaper(true)?;
    // Closes `/proc/PID/mem` and the descriptors of the judge to those who are judged.
    prctl::set_dumpable(false)?;
    let mut watch = Watch::start(scene, limit)?;
    watch.until_it_ends()?;
    let evidence = watch.take_leave();
    clear_the_stage(&mut Onlooker::of(std::process::id()));
    evidence
}

impl<'a> Watch<'a> {
    fn start(scene: &'a Scene, limit: Duration) -> io::Result<Watch<'a>> {
        let hearing = Hearing::open()?;
        let printed = File::from(memfd_create("printed", MFdFlags::MFD_CLOEXEC)?);
        // The same call once more, so that the copy finds the same scenes.
        let subject = Command::new(std::env::current_exe()?)
            .args(std::env::args_os().skip(1))
            .args(["--subject", scene.name, &limit.as_millis().to_string()])
            .arg(std::process::id().to_string())
            .env(JUDGE_VARIABLE, &hearing.address)
            .env("RUST_BACKTRACE", "0")
            .stdin(Stdio::null())
            .stdout(printed.try_clone()?)
            .stderr(printed.try_clone()?)
            .spawn()?;
        let evidence = Evidence {
            moment: scene.moment,
            desks: scene.desks,
            limit,
            hurried: false,
            falls: scene.faults.iter().filter(|(_, fault)| *fault != Fault::Torn).count(),
            slips: scene.slips.clone(),
            describe: scene.describe,
            subject: subject.id(),
            runs: Vec::new(),
            prints: Vec::new(),
            apologies: Vec::new(),
            reads: Vec::new(),
            fetches: Vec::new(),
            most_fetching: 0,
            in_vain: None,
            alone: None,
            most_at_once: 0,
            most_at_one_desk: 0,
            most_standing: 0,
            most_alive: 0,
            idle: 0,
            ending: Ending::Left(String::new()),
            leftovers: Leftovers::default(),
            printed: String::new(),
        };
        Ok(Watch {
            scene,
            hearing,
            subject,
            onlooker: Onlooker::of(std::process::id()),
            printed,
            release: Release::new(scene.desks, scene.keeping, scene.in_company),
            post: Post::default(),
            evidence,
            before: None,
            line: None,
            ending: None,
            analyzing: HashMap::new(),
            gave_up: false,
            heard_at: Instant::now(),
            asleep: 0,
            effort: Effort::default(),
        })
    }

    fn until_it_ends(&mut self) -> io::Result<()> {
        let mut ticked_at = Instant::now();
        while self.ending.is_none() {
            match self.hearing.events.recv_timeout(TICK) {
                Ok(event) => self.heard(event),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => {
                    return Err(io::Error::other("the judge is deaf"));
                }
            }
            if ticked_at.elapsed() >= TICK {
                self.tick()?;
                ticked_at = Instant::now();
            }
        }
        Ok(())
    }

    fn heard(&mut self, event: Event) {
        self.heard_at = Instant::now();
        self.asleep = 0;
        self.effort.heard();
        match event {
            Event::Called { caller, pid, stream } => {
                // Anybody on this machine may call; only the family is heard.
                if family::is_below(pid, std::process::id()) {
                    self.hearing.welcome(caller, pid, stream);
                }
            }
            Event::HungUp { caller } => {
                self.hearing.farewell(caller);
                self.analysis_ended(caller);
                self.post.gone(caller);
                let free = self.release.gone(caller);
                self.let_go(&free);
            }
            Event::Said { caller, statement } => {
                if let Some(pid) = self.hearing.pid_of(caller) {
                    self.said(caller, pid, statement);
                }
            }
        }
    }

    fn said(&mut self, caller: Caller, pid: u32, statement: Statement) {
        match statement {
            Statement::Ready if pid == self.subject.id() && self.line.is_none() => {
                self.line = Some(caller);
                self.before = Some(Before::of(pid));
                self.hearing.answer(caller, &Answer::Go);
            }
            Statement::Analyzing { slip, thread } => self.analysis_began(caller, pid, slip, thread),
            Statement::Publishing { seal } => {
                let answer = props::press(self.scene, &mut self.evidence, pid, seal);
                self.came_from_the_press(caller, &answer);
            }
            Statement::LeavingBlank { match_id } => {
                let answer = props::blank(&mut self.evidence, pid, match_id);
                self.came_from_the_press(caller, &answer);
            }
            Statement::Apologizing { match_id, cause } => {
                let answer = props::apology(&mut self.evidence, pid, match_id, cause);
                self.hearing.answer(caller, &answer);
            }
            Statement::Reading => {
                let answer = props::wire(self.scene, &mut self.evidence);
                self.hearing.answer(caller, &answer);
            }
            Statement::Fetching { letter, thread } => {
                let fetch = Fetch { letter, pid, thread };
                let letters = self.post.asked(self.scene, &mut self.evidence, caller, fetch);
                self.deliver(&letters);
            }
            Statement::Finished { ending, children } if self.line == Some(caller) => {
                self.evidence.leftovers.children = children;
                self.ending = Some(ending);
            }
            Statement::Ready | Statement::Finished { .. } => {}
        }
    }

    fn analysis_began(&mut self, caller: Caller, pid: u32, slip: Vec<u32>, thread: i32) {
        let place = self.scene.slips.iter().position(|s| *s == slip).unwrap_or(usize::MAX);
        let run = Run {
            slip,
            pid,
            thread,
            seal: random(),
            same_program: !family::runs_another_program(pid),
            hired: family::is_hired(pid, self.subject.id()),
        };
        let may_be_a_worker = pid != self.subject.id() && run.same_program;
        self.analyzing.insert(caller, (self.evidence.runs.len(), Instant::now()));
        self.evidence.runs.push(run);
        let alive =
            self.evidence.workers().into_iter().filter(|&pid| family::is_alive(pid)).count();
        self.evidence.most_alive = self.evidence.most_alive.max(alive);
        // Whoever is no worker cannot be a desk, and need not wait for the others.
        let free =
            if may_be_a_worker { self.release.begun(caller, pid, place) } else { vec![caller] };
        self.let_go(&free);
    }

    fn let_go(&mut self, free: &[Caller]) {
        for &caller in free {
            if let Some(run) = self.analysis_ended(caller) {
                let Run { pid, seal, ref slip, .. } = self.evidence.runs[run];
                let answer = match self.scene.fault(slip) {
                    None => Some(Answer::Stamp { desk: pid, seal }),
                    Some(Fault::Torn) => Some(Answer::Torn),
                    Some(Fault::LightsOut) => Some(Answer::LightsOut),
                    Some(Fault::Endless) => None,
                };
                answer.into_iter().for_each(|answer| self.hearing.answer(caller, &answer));
            }
        }
    }

    /// It may go on, or its process is gone. Says which one it was.
    fn analysis_ended(&mut self, caller: Caller) -> Option<usize> {
        let (run, since) = self.analyzing.remove(&caller)?;
        let has_an_end = self.scene.fault(&self.evidence.runs[run].slip) != Some(Fault::Endless);
        // Its time counts from before it was heard of. When nobody came, it was not the machine that took long.
        let late = since.elapsed() >= self.evidence.limit / 4 && !self.gave_up;
        self.evidence.hurried |= self.scene.limits.len() > 1 && has_an_end && late;
        Some(run)
    }

    fn came_from_the_press(&mut self, caller: Caller, answer: &Answer) {
        // Before the answer: whoever has heard it may let the next analysis begin.
        if self.scene.stopped_by_the_press
            && matches!(answer, Answer::Refused | Answer::PressBroken)
        {
            self.release.hold_all();
        }
        self.hearing.answer(caller, answer);
        let free = self.release.printed();
        self.let_go(&free);
    }

    fn deliver(&mut self, letters: &[(Caller, Answer)]) {
        letters.iter().for_each(|(caller, letter)| self.hearing.answer(*caller, letter));
    }

    /// What has to be looked at even when nobody says anything.
    fn tick(&mut self) -> io::Result<()> {
        let family = self.onlooker.look();
        family::bury_orphans(&family, std::process::id(), self.subject.id());
        if let Some(status) = self.subject.try_wait()? {
            // What it said last may still be on the way.
            while let Ok(event) = self.hearing.events.recv_timeout(TICK) {
                self.heard(event);
            }
            self.ending.get_or_insert(Ending::Left(status.to_string()));
            return Ok(());
        }
        if self.printed.metadata()?.len() > PRINTED_MAX {
            self.ending = Some(Ending::Stuck("your program printed 16 MiB and went on".to_owned()));
            return Ok(());
        }
        // The judge's own ear as well: what it is to hear is on the way.
        let all = [std::process::id()].into_iter().chain(family.iter().map(|p| p.pid));
        self.asleep = if all.into_iter().all(family::is_asleep) { self.asleep + 1 } else { 0 };
        let silent = self.heard_at.elapsed();
        if self.asleep >= SETTLED || self.effort.is_in_vain(&family) {
            let standing = self.desks_among(&family).count();
            self.evidence.most_standing = self.evidence.most_standing.max(standing);
            let free = self.release.settled();
            self.let_go(&free);
            let letters = self.post.settled();
            self.deliver(&letters);
        }
        if self.release.holds_somebody() || self.post.holds_somebody() {
            if self.asleep >= NOBODY_COMES || silent >= SILENCE {
                self.nobody_comes(&family);
            }
        } else if self.asleep >= STANDSTILL.max(looks(2 * self.evidence.limit.as_millis())) {
            let seconds = (self.asleep * TICK).as_secs();
            self.stuck(format!("for {seconds} seconds every process of your program slept"));
        } else if silent >= SILENCE {
            self.stuck(format!(
                "your program ran for {} seconds and nothing came of it",
                silent.as_secs()
            ));
        }
        Ok(())
    }

    /// Those who could be desks: copies of this program that have no children, busy or not. One that only starts workers
    /// looks the same.
    fn desks_among<'f>(
        &self,
        family: &'f [family::Process],
    ) -> impl Iterator<Item = &'f family::Process> {
        let parents: HashSet<u32> = family.iter().map(|p| p.parent).collect();
        let subject = self.subject.id();
        let others = family.iter().filter(move |p| !p.is_zombie() && p.pid != subject);
        others.filter(move |p| !parents.contains(&p.pid) && !family::runs_another_program(p.pid))
    }

    fn stuck(&mut self, how: String) {
        let (begun, asked) = (self.evidence.runs.len(), self.scene.slips.len());
        self.ending = Some(Ending::Stuck(format!("{how}; {begun} of {asked} analyses had begun")));
    }

    fn nobody_comes(&mut self, family: &[family::Process]) {
        self.gave_up = true;
        let busy: HashSet<u32> =
            self.analyzing.keys().filter_map(|&c| self.hearing.pid_of(c)).collect();
        self.evidence.idle = self.desks_among(family).filter(|p| !busy.contains(&p.pid)).count();
        self.heard_at = Instant::now();
        self.asleep = 0;
        if self.release.keeps_somebody() {
            let (begun, printed) = (self.evidence.runs.len(), self.evidence.prints.len());
            self.evidence.in_vain.get_or_insert(InVain { begun, printed });
        }
        if let Some(together) = self.release.in_poor_company() {
            let begun = self.evidence.runs.len();
            self.evidence.alone.get_or_insert(Alone { together, begun });
        }
        let free = self.release.give_up();
        self.let_go(&free);
        let letters = self.post.give_up();
        self.deliver(&letters);
    }

    /// Looks at what is left while the subject stands still, then lets it go.
    fn take_leave(mut self) -> io::Result<Evidence> {
        let ending = self.ending.take().unwrap_or(Ending::Left(String::new()));
        if let (Some(before), Some(line)) = (&self.before, self.line)
            && !matches!(ending, Ending::Left(_) | Ending::Stuck(_))
        {
            let children = self.evidence.leftovers.children;
            self.evidence.leftovers =
                look_for_leftovers(before, self.subject.id(), &mut self.onlooker);
            self.evidence.leftovers.children = children;
            self.hearing.answer(line, &Answer::Go);
        } else {
            let _ = self.subject.kill();
        }
        self.evidence.ending = ending;
        self.evidence.most_at_once = self.release.most_at_once();
        self.evidence.most_at_one_desk = self.release.most_at_one_desk();
        wait_for(&mut self.subject)?;
        self.printed.rewind()?;
        let mut printed = Vec::new();
        self.printed.take(PRINTED_MAX).read_to_end(&mut printed)?;
        self.evidence.printed = String::from_utf8_lossy(&printed).into_owned();
        Ok(self.evidence)
    }
}
