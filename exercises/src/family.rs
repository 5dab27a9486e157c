//! The processes below the judge, as `/proc` shows them: who is whose child, who sleeps, what
//! stands open. The judge is a subreaper, so that nobody leaves the family by losing a parent. Must
//! not know what a scene is.

use std::collections::HashMap;
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

/// All descendants of this process, without itself.
pub(crate) fn below(ancestor: u32) -> Vec<Process> {
    let mut children: HashMap<u32, Vec<Process>> = HashMap::new();
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    for entry in entries {
        let process = entry.file_name().to_str().and_then(|n| n.parse().ok()).and_then(look_at);
        if let Some(process) = process {
            children.entry(process.parent).or_default().push(process);
        }
    }
    let mut found = Vec::new();
    let mut open = vec![ancestor];
    while let Some(parent) = open.pop() {
        for process in children.remove(&parent).unwrap_or_default() {
            open.push(process.pid);
            found.push(process);
        }
    }
    found
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
        assert!(below(me).iter().any(|p| p.pid == pid && p.parent == me));
        assert!(is_below(pid, me) && !is_below(me, pid) && !is_below(1, me));
        assert!(is_alive(pid));
        drop(child.stdin.take());
        while is_alive(pid) {
            std::thread::yield_now();
        }
        assert!(below(me).iter().any(|p| p.pid == pid && p.is_zombie()));
        child.wait().unwrap();
        assert!(!below(me).iter().any(|p| p.pid == pid) && !is_below(pid, me));
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
