//! The processes below the judge, as `/proc` shows them: who is whose child, who sleeps, what
//! stands open. The judge is a subreaper, so that nobody leaves the family by losing a parent. Must
//! not know what a scene is.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::io::Read;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use nix::sys::wait::{WaitPidFlag, waitpid};
use nix::unistd::{Pid, gettid};

use crate::season::CLERK;

/// One process of the family.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Process {
    pub(crate) pid: u32,
    pub(crate) parent: u32,
    pub(crate) state: char,
    pub(crate) name: String,
    /// How long its threads ran, together, in hundredths of a second.
    pub(crate) ran: u64,
}

impl Process {
    /// Ended, and nobody has asked how it went.
    pub(crate) fn is_zombie(&self) -> bool {
        matches!(self.state, 'Z' | 'X')
    }
}

/// Looks at the same family again and again, and remembers who does not belong to it: the machine may have hundreds of
/// processes, and nobody enters a family but by birth.
pub(crate) struct Onlooker {
    ancestor: u32,
    strangers: HashSet<u32>,
    /// The number that was given last when somebody looked.
    newest: u32,
}

impl Onlooker {
    /// For the descendants of this process, which has to be a subreaper: else one whose parent ends is a stranger.
    pub(crate) fn of(ancestor: u32) -> Onlooker {
        Onlooker { ancestor, strangers: HashSet::new(), newest: u32::MAX }
    }

    /// All descendants, without the ancestor itself.
    pub(crate) fn look(&mut self) -> Vec<Process> {
        // When numbers begin anew, a newborn may have that of a stranger.
        let newest = newest_number().unwrap_or(0);
        if newest == 0 || newest < std::mem::replace(&mut self.newest, newest) {
            self.strangers.clear();
        }
        let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
        let numbers = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
        let unknown = numbers.filter(|pid| !self.strangers.contains(pid)).filter_map(look_at);
        self.kin_among(unknown.collect())
    }

    /// Who of these is a descendant; the others are remembered, unless one is missing between them and everybody else.
    fn kin_among(&mut self, seen: Vec<Process>) -> Vec<Process> {
        let parents: HashMap<u32, u32> = seen.iter().map(|p| (p.pid, p.parent)).collect();
        let mut kin = HashSet::new();
        for process in &seen {
            let mut line = Vec::new();
            let (mut at, mut parent) = (process.pid, process.parent);
            let belongs = loop {
                line.push(at);
                if parent == self.ancestor || kin.contains(&parent) {
                    break Some(true);
                }
                if parent <= 1 || self.strangers.contains(&parent) {
                    break Some(false);
                }
                at = parent;
                match parents.get(&at) {
                    // A circle: its numbers were read while they changed hands.
                    Some(_) if line.contains(&at) => break None,
                    Some(&next) => parent = next,
                    None => break None,
                }
            };
            match belongs {
                Some(true) => kin.extend(line),
                Some(false) => self.strangers.extend(line),
                None => {}
            }
        }
        seen.into_iter().filter(|process| kin.contains(&process.pid)).collect()
    }
}

/// The number that was given to a process last; each is larger than the one before until they begin anew.
fn newest_number() -> Option<u32> {
    fs::read_to_string("/proc/loadavg").ok()?.split_whitespace().last()?.parse().ok()
}

/// Whether this process is a descendant of that one: asked of itself and its ancestors, which are
/// few.
pub(crate) fn is_below(pid: u32, ancestor: u32) -> bool {
    descends(pid, ancestor, |pid| Some(look_at(pid)?.parent))
}

fn descends(pid: u32, ancestor: u32, mut parent_of: impl FnMut(u32) -> Option<u32>) -> bool {
    let mut at = pid;
    loop {
        at = match parent_of(at) {
            Some(parent) if parent == ancestor => return true,
            Some(parent) if parent > 1 => parent,
            // An ancestor has gone between two looks, and its child has another parent now.
            None if at != pid => pid,
            _ => return false,
        }
    }
}

fn look_at(pid: u32) -> Option<Process> {
    parse(pid, &read_stat(Path::new(&format!("/proc/{pid}/stat")))?)
}

/// What a `stat` file says, by one call of `read`: a look at the family opens one such file for each
/// process of the machine, many times a second, and reading until the end takes five calls.
fn read_stat(path: &Path) -> Option<String> {
    // 52 numbers of 20 digits at most, and a name of 64 bytes at most.
    let mut text = [0; 2048];
    let length = fs::File::open(path).ok()?.read(&mut text).ok()?;
    Some(String::from_utf8_lossy(&text[..length]).into_owned())
}

/// The name stands in brackets and may hold brackets and spaces itself, so the last one counts.
fn parse(pid: u32, stat: &str) -> Option<Process> {
    let (name, rest) = (stat.find('(')?, stat.rfind(')')?);
    let mut fields = stat[rest + 1..].split_whitespace();
    let state = fields.next()?.chars().next()?;
    let parent = fields.next()?.parse().ok()?;
    // Behind it come nine numbers of no interest, and then the time in the program and the time in the kernel.
    let mut times = fields.skip(9).map_while(|field| field.parse::<u64>().ok());
    let ran = times.next()? + times.next()?;
    Some(Process { pid, parent, state, name: stat[name + 1..rest].to_owned(), ran })
}

/// Whether this process exists and has not ended.
pub(crate) fn is_alive(pid: u32) -> bool {
    look_at(pid).is_some_and(|p| !p.is_zombie())
}

/// Whether every thread of the process waits for something: none runs, none could, none is at the
/// disk. The thread that asks does not count.
pub(crate) fn is_asleep(pid: u32) -> bool {
    let this = gettid().to_string();
    let threads = fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten().flatten();
    threads
        .filter(|thread| thread.file_name() != *this)
        .filter_map(|thread| read_stat(&thread.path().join("stat")))
        .filter_map(|stat| parse(pid, &stat))
        .all(|thread| matches!(thread.state, 'S' | 'T' | 't' | 'Z' | 'X'))
}

/// How many threads the process has.
pub(crate) fn threads(pid: u32) -> usize {
    fs::read_dir(format!("/proc/{pid}/task")).map_or(0, |tasks| tasks.count())
}

/// What stands open in the process: descriptor number and what it leads to.
pub(crate) fn descriptors(pid: u32) -> HashMap<String, String> {
    let entries = fs::read_dir(format!("/proc/{pid}/fd")).into_iter().flatten().flatten();
    entries
        .filter_map(|e| {
            let target = fs::read_link(e.path()).ok()?;
            Some((e.file_name().into_string().ok()?, target.to_string_lossy().into_owned()))
        })
        .collect()
}

/// Whether the process runs another program than the one that is asking. Of one that has ended
/// nobody can tell any more, and it is taken for one of ours.
pub(crate) fn runs_another_program(pid: u32) -> bool {
    let file = |path: String| fs::metadata(path).ok().map(|m| (m.dev(), m.ino()));
    let (ours, theirs) = (file("/proc/self/exe".to_owned()), file(format!("/proc/{pid}/exe")));
    theirs.is_some() && theirs != ours
}

/// Whether the process is a clerk, by its command line, and a child of that one.
pub(crate) fn is_hired(pid: u32, by: u32) -> bool {
    let line = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    let is_clerk = line.split(|&byte| byte == 0).any(|word| word == CLERK.as_bytes());
    is_clerk && look_at(pid).is_some_and(|p| p.parent == by)
}

/// Takes leave of orphans that the judge has inherited and that have ended. `but` is waited for
/// elsewhere.
pub(crate) fn bury_orphans(family: &[Process], judge: u32, but: u32) {
    for orphan in family.iter().filter(|p| p.is_zombie() && p.parent == judge && p.pid != but) {
        let _ = waitpid(Pid::from_raw(orphan.pid as i32), Some(WaitPidFlag::WNOHANG));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_may_hold_brackets_and_spaces() {
        let process = parse(7, "7 (a) b (c)) S 3 7 7 0 -1 4194560 300 0 2 0 40 5 0 0").unwrap();
        assert_eq!((process.name.as_str(), process.state, process.parent), ("a) b (c)", 'S', 3));
        assert_eq!(process.ran, 45);
    }

    #[test]
    fn a_child_is_found_below_us_and_is_a_zombie_until_it_is_waited_for() {
        let mut child =
            std::process::Command::new("cat").stdin(std::process::Stdio::piped()).spawn().unwrap();
        let pid = child.id();
        let me = std::process::id();
        let mut onlooker = Onlooker::of(me);
        let mut below = || onlooker.look();
        assert!(below().iter().any(|p| p.pid == pid && p.parent == me));
        assert!(is_below(pid, me) && !is_below(me, pid) && !is_below(1, me));
        assert!(is_alive(pid));
        drop(child.stdin.take());
        while is_alive(pid) {
            std::thread::yield_now();
        }
        assert!(below().iter().any(|p| p.pid == pid && p.is_zombie()));
        child.wait().unwrap();
        assert!(!below().iter().any(|p| p.pid == pid) && !is_below(pid, me));
    }

    #[test]
    fn strangers_are_remembered_and_who_may_be_kin_is_not_one() {
        let process =
            |pid, parent| Process { pid, parent, state: 'S', name: String::new(), ran: 0 };
        let numbers = |seen: Vec<Process>| seen.iter().map(|p| p.pid).collect::<Vec<_>>();
        let mut onlooker = Onlooker::of(5);
        let strangers = [process(2, 0), process(3, 1), process(4, 3), process(5, 4), process(6, 2)];
        let kin = [process(9, 8), process(7, 5), process(8, 7)];
        // The parent of 11 ended between two looks, and 12 and 13 have changed hands.
        let unclear = [process(11, 10), process(12, 13), process(13, 12)];
        let seen = [&strangers[..], &kin, &unclear].concat();
        assert_eq!(numbers(onlooker.kin_among(seen)), [9, 7, 8]);
        assert_eq!(onlooker.strangers, HashSet::from([2, 3, 4, 5, 6]));
        // The ancestor itself is a stranger, and its children still are kin.
        let seen = vec![process(11, 5), process(9, 5), process(12, 11), process(13, 6)];
        assert_eq!(numbers(onlooker.kin_among(seen)), [11, 9, 12]);
        assert_eq!(onlooker.strangers, HashSet::from([2, 3, 4, 5, 6, 13]));
    }

    #[test]
    fn numbers_that_begin_anew_are_nobodys() {
        let mut onlooker = Onlooker::of(std::process::id());
        onlooker.look();
        assert!(onlooker.strangers.contains(&1));
        onlooker.strangers.insert(u32::MAX);
        onlooker.look();
        assert!(onlooker.strangers.contains(&u32::MAX) || newest_number() < Some(onlooker.newest));
        onlooker.newest = u32::MAX;
        onlooker.look();
        assert!(!onlooker.strangers.contains(&u32::MAX));
    }

    #[test]
    fn an_ancestor_that_goes_meanwhile_hides_nobody() {
        // 9 is a child of 8 at first; 8 ends before anybody asks for its parent, and 7 inherits 9.
        let mut said = [(9, Some(8)), (8, None), (9, Some(7))].into_iter();
        let parent_of = |pid| {
            let (asked, parent) = said.next().expect("no further look");
            assert_eq!(pid, asked);
            parent
        };
        assert!(descends(9, 7, parent_of));
        assert!(!descends(9, 7, |pid| [(9, 8), (8, 1)].iter().find(|p| p.0 == pid).map(|p| p.1)));
        assert!(!descends(9, 7, |_| None));
    }

    #[test]
    fn a_grandchild_is_below_us() {
        let mut shell = std::process::Command::new("sh");
        // The second command keeps the shell from becoming its own child.
        let mut shell = shell
            .args(["-c", "sh -c 'echo $$; read line'; true"])
            .stdin(std::process::Stdio::piped())
            .stdout(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        let mut said = String::new();
        let mut out = std::io::BufReader::new(shell.stdout.take().unwrap());
        std::io::BufRead::read_line(&mut out, &mut said).unwrap();
        let grandchild = said.trim().parse().unwrap();
        assert_ne!(grandchild, shell.id());
        assert!(is_below(grandchild, std::process::id()));
        drop(shell.stdin.take());
        shell.wait().unwrap();
    }
}
