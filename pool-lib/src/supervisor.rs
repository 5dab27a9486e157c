//! Watches the worker processes: starts them (after a pause, if their like keeps failing), kills them when told, and reaps
//! them the moment they end.
//!
//! Must not know queues or results. Runs no user code.

use std::collections::BTreeMap;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::error::{StartFailure, WorkerExit};
use crate::ids::WorkerId;
use crate::launch::{Launcher, News, Process};
use crate::sys::{FAREWELL, Waitable, is_child, kill, open_pidfd, own_pid, reap, wait_and_reap};

mod oom;
use oom::OomWatch;

/// The first pause before a worker is started after a fruitless one; it doubles each time.
const FIRST_PAUSE: Duration = Duration::from_millis(5);
/// The longest pause.
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// Keeps the processes of one pool.
pub(crate) struct Supervisor {
    launcher: Launcher,
    children: BTreeMap<WorkerId, Child>,
    /// Processes that were to be killed, and may not be; they end when they see that their links are closed.
    beyond: Vec<Process>,
    /// Whether there are such that are not given up yet.
    has_protected: bool,
    /// Workers to be started, and when.
    due: BTreeMap<WorkerId, Duration>,
    oom: OomWatch,
    /// Whose children they are.
    owner: u32,
}

/// A worker's process, as far as it is known.
#[derive(Default)]
struct Child {
    process: Option<Process>,
    /// To be killed as soon as it can be named.
    doomed: bool,
    /// Whether that is our own decision; else it was ending already, as far as we can tell.
    condemned: bool,
    /// Whether it may not be killed.
    protected: bool,
    /// Why it will not come, if it has not come yet.
    lost: Option<StartFailure>,
}

impl Child {
    /// `false` if it was to be killed and may not be.
    fn kill_if_doomed(&mut self) -> bool {
        if let Some(process) = self.process.as_ref().filter(|_| self.doomed) {
            self.protected = !kill(process.pidfd.as_fd());
        }
        !self.protected
    }
}

/// What the supervisor has to tell.
pub(crate) enum Notice {
    /// The process is gone and reaped.
    Ended(WorkerId, WorkerExit),
    /// There will be no process.
    Failed(WorkerId, StartFailure),
}

impl Supervisor {
    pub(crate) fn new(launcher: Launcher) -> Self {
        let (children, due) = (BTreeMap::new(), BTreeMap::new());
        let beyond = Vec::new();
        let (oom, owner) = (OomWatch::of_this_process(), own_pid());
        Self { launcher, children, beyond, has_protected: false, due, oom, owner }
    }

    /// Plans the start of a worker. `fruitless` is how many before it ended without any use, one
    /// after the other: each doubles the pause.
    pub(crate) fn plan(&mut self, worker: WorkerId, fruitless: u32, now: Duration) {
        self.due.insert(worker, now + pause_after(fruitless));
    }

    /// The workers that are to be started by `now`.
    pub(crate) fn take_due(&mut self, now: Duration) -> Vec<WorkerId> {
        let ready = |at: &Duration| *at <= now;
        let workers: Vec<_> =
            self.due.iter().filter(|(_, at)| ready(at)).map(|(worker, _)| *worker).collect();
        self.due.retain(|_, at| !ready(at));
        workers
    }

    /// When the next worker is to be started.
    pub(crate) fn next_due(&self) -> Option<Duration> {
        self.due.values().min().copied()
    }

    /// Starts a worker with `link` as its end.
    pub(crate) fn start(
        &mut self,
        worker: WorkerId,
        link: OwnedFd,
        now: Duration,
    ) -> io::Result<()> {
        let process = self.launcher.launch(worker, link, now)?;
        self.children.insert(worker, Child { process, ..Child::default() });
        Ok(())
    }

    /// Kills a worker, or sees to it that it never starts. `true` when it was not started at all,
    /// so that no end will be told.
    pub(crate) fn kill(&mut self, worker: WorkerId) -> bool {
        if self.due.remove(&worker).is_some() {
            return true;
        }
        if let Some(child) = self.children.get_mut(&worker) {
            child.condemned = true;
        }
        self.finish_off(worker);
        false
    }

    /// Kills a worker that has hung up. Most likely it is ending already, and then in its own way.
    pub(crate) fn finish_off(&mut self, worker: WorkerId) {
        if let Some(child) = self.children.get_mut(&worker) {
            child.doomed = true;
            self.has_protected |= !child.kill_if_doomed();
        }
    }

    /// Whether somebody is to be [given up](Self::give_up_protected). No descriptor tells.
    pub(crate) fn has_protected(&self) -> bool {
        self.has_protected
    }

    /// Gives up workers that were to be killed and may not be.
    pub(crate) fn give_up_protected(&mut self) -> Vec<WorkerId> {
        if !std::mem::take(&mut self.has_protected) {
            return Vec::new();
        }
        let protected = self.children.iter().filter(|(_, child)| child.protected);
        let workers: Vec<_> = protected.map(|(worker, _)| *worker).collect();
        let children = workers.iter().filter_map(|worker| self.children.remove(worker));
        self.beyond.extend(children.filter_map(|child| child.process));
        workers
    }

    /// Whether the worker is started, but neither its process nor its failure is known, nor is
    /// news of it to come from the launcher: its link alone can tell what became of it.
    pub(crate) fn is_lost(&self, worker: WorkerId) -> bool {
        self.children.get(&worker).is_some_and(|child| child.process.is_none())
            && !self.launcher.is_pending(worker)
    }

    /// Takes on a lost worker that has named itself over its link.
    /// `false` when no child of ours has that number.
    pub(crate) fn adopt(&mut self, worker: WorkerId, pid: u32) -> bool {
        let Some(child) = self.children.get_mut(&worker) else { return false };
        let Some(pidfd) = open_pidfd(pid).ok().filter(|pidfd| is_child(pidfd.as_fd())) else {
            return false;
        };
        child.process = Some(Process { pidfd: Arc::new(pidfd) });
        self.has_protected |= !child.kill_if_doomed();
        true
    }

    /// Gives up a lost worker whose link is closed: it never was, or is gone. Says why it may never have been.
    pub(crate) fn forget(&mut self, worker: WorkerId) -> Option<StartFailure> {
        self.children.remove(&worker)?.lost
    }

    /// Whether the launcher has still to tell what became of the worker.
    pub(crate) fn is_pending(&self, worker: WorkerId) -> bool {
        self.launcher.is_pending(worker)
    }

    /// By when the launcher must have told something.
    pub(crate) fn launcher_answers_by(&self) -> Option<Duration> {
        self.launcher.answer_by()
    }

    /// Ends a fork server that does not answer; the workers that were asked of it are lost.
    pub(crate) fn end_silent_launcher(&mut self, now: Duration) -> Vec<Notice> {
        let news = self.launcher.end_if_silent(now);
        self.take_in(news)
    }

    /// No more workers are wanted: ends the fork server.
    pub(crate) fn stop_launching(&mut self) -> Vec<Notice> {
        let news = self.launcher.end();
        self.take_in(news)
    }

    /// What to wait on.
    pub(crate) fn fds(&self) -> Vec<Waitable> {
        let mut fds = self.launcher.fds();
        let processes = self.children.values().filter_map(|child| child.process.as_ref());
        let processes = processes.chain(&self.beyond);
        fds.extend(processes.map(|process| -> Waitable { process.pidfd.clone() }));
        fds
    }

    /// Keeps an eye on why the kernel might kill.
    pub(crate) fn watch_memory(&mut self, now: Duration) {
        self.oom.look(now);
    }

    /// When [`watch_memory`](Self::watch_memory) is to be called again while workers work.
    pub(crate) fn next_memory_watch(&self) -> Option<Duration> {
        self.oom.next()
    }

    /// Takes in what has happened, without waiting.
    pub(crate) fn look(&mut self, now: Duration) -> Vec<Notice> {
        let news = self.launcher.receive(now);
        let mut notices = self.take_in(news);
        self.beyond.retain(|process| reap(process.pidfd.as_fd()).is_none());
        self.children.retain(|&worker, child| {
            let Some(process) = &child.process else { return true };
            let Some(mut exit) = reap(process.pidfd.as_fd()) else { return true };
            // Killed, and not by us.
            let killed = exit == WorkerExit::Signal(9) && !child.condemned;
            if killed && self.oom.explains_a_kill(now) {
                exit = WorkerExit::OutOfMemory;
            }
            notices.push(Notice::Ended(worker, exit));
            false
        });
        notices
    }

    fn take_in(&mut self, news: Vec<News>) -> Vec<Notice> {
        let mut notices = Vec::new();
        for news in news {
            match news {
                News::Launched(worker, process) => {
                    let child = self.children.entry(worker).or_default();
                    child.process = Some(process);
                    self.has_protected |= !child.kill_if_doomed();
                }
                News::Failed(worker, why) => {
                    self.children.remove(&worker);
                    notices.push(Notice::Failed(worker, why));
                }
                News::Lost(worker, why) => {
                    if let Some(child) = self.children.get_mut(&worker) {
                        child.lost = Some(why);
                    }
                }
            }
        }
        notices
    }
}

impl Drop for Supervisor {
    /// Nobody is left to be ended, unless the pool has ended in a way that it did not choose, or some may not be killed.
    fn drop(&mut self) {
        // In a copy of the process that a `fork` made they are somebody else's.
        if own_pid() != self.owner {
            return;
        }
        let children = std::mem::take(&mut self.children).into_values();
        let processes = children.filter_map(|child| child.process).chain(self.beyond.drain(..));
        let (killed, protected): (Vec<_>, Vec<_>) =
            processes.partition(|process| kill(process.pidfd.as_fd()));
        for process in killed {
            wait_and_reap(process.pidfd.as_fd(), Duration::MAX);
        }
        // All of them together.
        let began = Instant::now();
        for process in protected {
            wait_and_reap(process.pidfd.as_fd(), FAREWELL.saturating_sub(began.elapsed()));
        }
    }
}

/// How long to wait before the next start after `fruitless` failures in a row.
fn pause_after(fruitless: u32) -> Duration {
    match fruitless {
        0 => Duration::ZERO,
        n => (FIRST_PAUSE * 2_u32.saturating_pow(n - 1).min(1 << 10)).min(LONGEST_PAUSE),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sys::link_pair;

    #[test]
    fn pauses_double_from_nothing_to_a_second() {
        assert_eq!(pause_after(0), Duration::ZERO);
        assert_eq!(pause_after(1), Duration::from_millis(5));
        assert_eq!(pause_after(2), Duration::from_millis(10));
        assert_eq!(pause_after(8), Duration::from_millis(640));
        assert_eq!(pause_after(9), LONGEST_PAUSE);
        assert_eq!(pause_after(u32::MAX), LONGEST_PAUSE);
    }

    #[test]
    fn a_worker_that_is_not_due_yet_can_be_called_off() {
        let worker = WorkerId { slot: 0, generation: 1 };
        let mut supervisor = Supervisor::new(Launcher::Spawn);
        supervisor.plan(worker, 3, Duration::ZERO);
        assert!(supervisor.take_due(Duration::from_millis(19)).is_empty());
        assert_eq!(supervisor.next_due(), Some(Duration::from_millis(20)));
        assert!(supervisor.kill(worker));
        assert!(supervisor.take_due(Duration::from_secs(9)).is_empty());
    }

    /// A pool that has ended otherwise than it was told leaves no process either.
    #[test]
    fn whoever_is_left_at_the_end_is_killed_and_reaped() {
        let mut supervisor = Supervisor::new(Launcher::Spawn);
        let mut links = Vec::new();
        for slot in 0..2 {
            let (ours, theirs) = link_pair().unwrap();
            links.push(ours);
            supervisor.start(WorkerId { slot, generation: 0 }, theirs, Duration::ZERO).unwrap();
        }
        let processes = supervisor.fds();
        assert_eq!(processes.len(), 2);
        assert!(processes.iter().all(|pidfd| is_child(pidfd.as_fd())));
        drop(supervisor);
        assert!(!processes.iter().any(|pidfd| is_child(pidfd.as_fd())));
    }
}
