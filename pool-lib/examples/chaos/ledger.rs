//! What workers really did: every execution writes down that it begins and that it ends, in a file in memory that the parent owns.
//!
//! Appending is atomic, so a worker that is killed has written a mark or has not. Outcomes alone would not show a task that ran
//! twice.
//!
//! Must not know pools: it knows calls by number, and how often their tasks may begin.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::fd::AsRawFd;
use std::os::unix::fs::FileExt;
use std::os::unix::process::parent_id;
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use rustix::fs::{FallocateFlags, MemfdFlags, fallocate, memfd_create};

use crate::report::Report;

/// One mark: the call, the task's index, and what happened, four bytes each, and four to spare so that none lies across a page.
const MARK: usize = 16;
/// How much of the file is read at once, in bytes.
const PORTION: usize = 64 << 10;
const BEGUN: u32 = 1;
const ENDED: u32 = 2;

/// The parent's side.
pub(crate) struct Ledger {
    file: File,
    books: Mutex<Books>,
}

#[derive(Default)]
struct Books {
    /// How far the file has been read; before that it is empty again.
    read: u64,
    open: BTreeMap<u32, Account>,
    /// All tasks of these have their outcomes: nothing of them may begin or end any more.
    closed: BTreeSet<u32>,
    /// Calls before this one belong to pools that are gone.
    gone: u32,
}

/// What is known of one call's tasks.
struct Account {
    /// How often a task may begin.
    allowed: u32,
    begun: Vec<u32>,
    ended: Vec<u32>,
}

/// What the outcome of a task says about its executions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Claimed {
    /// It came to its end.
    Returned,
    /// It never began.
    NeverBegan,
    /// It may have done anything.
    Anything,
}

impl Ledger {
    pub(crate) fn new() -> io::Result<Self> {
        let file = File::from(memfd_create("chaos ledger", MemfdFlags::CLOEXEC)?);
        Ok(Self { file, books: Mutex::default() })
    }

    /// By which tasks find it.
    pub(crate) fn number(&self) -> i32 {
        self.file.as_raw_fd()
    }

    /// How much was ever written: it grows whenever a task begins or ends.
    pub(crate) fn len(&self) -> u64 {
        self.file.metadata().map_or(0, |data| data.len())
    }

    /// A call whose tasks may each begin so often.
    pub(crate) fn open(&self, call: u32, allowed: u32) {
        let account = Account { allowed, begun: Vec::new(), ended: Vec::new() };
        self.lock().open.insert(call, account);
    }

    /// All tasks of the call have their outcomes, and this is what some of them say.
    pub(crate) fn close(&self, call: u32, claims: &[(usize, Claimed)], report: &Report) {
        let mut books = self.lock();
        self.read(&mut books, report);
        let Some(account) = books.open.remove(&call) else { return };
        books.closed.insert(call);
        let times = |marks: &[u32], index: usize| marks.get(index).copied().unwrap_or(0);
        for &(index, claimed) in claims {
            let (begun, ended) = (times(&account.begun, index), times(&account.ended, index));
            if claimed == Claimed::Returned && ended == 0 {
                report.wrong(format!("task {index} of call {call} has a result and never ended"));
            }
            if claimed == Claimed::NeverBegan && begun > 0 {
                report.wrong(format!(
                    "task {index} of call {call} is said never to have begun, and did {begun} times"
                ));
            }
        }
    }

    /// The pool is gone, and with it whatever could still write about calls before `next`.
    pub(crate) fn settle(&self, next: u32, report: &Report) {
        let mut books = self.lock();
        self.read(&mut books, report);
        books.open.clear();
        books.closed.clear();
        books.gone = next;
    }

    fn lock(&self) -> MutexGuard<'_, Books> {
        self.books.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes in all marks that are there, and gives their memory back.
    fn read(&self, books: &mut Books, report: &Report) {
        let mut portion = vec![0; PORTION];
        let from = books.read;
        loop {
            let count = self.file.read_at(&mut portion, books.read).expect("our own memory");
            let whole = count - count % MARK;
            if whole == 0 {
                break;
            }
            for mark in portion[..whole].chunks_exact(MARK) {
                let word = |at: usize| u32::from_le_bytes(mark[at..at + 4].try_into().expect("4"));
                books.take(word(0), word(4), word(8), report);
            }
            books.read += whole as u64;
        }
        if books.read / PORTION as u64 > from / PORTION as u64 {
            let hole = FallocateFlags::PUNCH_HOLE | FallocateFlags::KEEP_SIZE;
            fallocate(&self.file, hole, 0, books.read).expect("a hole in our own memory");
        }
    }
}

impl Books {
    fn take(&mut self, call: u32, index: u32, what: u32, report: &Report) {
        if call < self.gone {
            report.doubled(format!("task {index} of call {call} runs after its pool has gone"));
            return;
        }
        let Some(account) = self.open.get_mut(&call) else {
            let closed = self.closed.contains(&call);
            let why = if closed { "runs after its outcome" } else { "is of no call" };
            report.doubled(format!("task {index} of call {call} {why}"));
            return;
        };
        let marks = if what == BEGUN { &mut account.begun } else { &mut account.ended };
        let place = index as usize;
        marks.resize(marks.len().max(place + 1), 0);
        marks[place] += 1;
        let (times, allowed) = (marks[place], account.allowed);
        if times > allowed {
            let what = if what == BEGUN { "begins" } else { "ends" };
            report.doubled(format!(
                "task {index} of call {call} {what} {times} times, {allowed} allowed"
            ));
        }
    }
}

/// In a worker: the task begins.
pub(crate) fn begun(ledger: i32, call: u32, index: u32) {
    note(ledger, call, index, BEGUN);
}

/// In a worker: the task has done what it had to do.
pub(crate) fn ended(ledger: i32, call: u32, index: u32) {
    note(ledger, call, index, ENDED);
}

fn note(ledger: i32, call: u32, index: u32, what: u32) {
    static FILE: OnceLock<File> = OnceLock::new();
    let file = FILE.get_or_init(|| {
        let path = format!("/proc/{}/fd/{ledger}", parent_id());
        let opened = OpenOptions::new().append(true).open(path);
        // A worker whose parent has just gone is about to be killed, and has nobody to tell.
        opened.unwrap_or_else(|_| {
            loop {
                std::thread::park()
            }
        })
    });
    let mut mark = [0; MARK];
    mark[0..4].copy_from_slice(&call.to_le_bytes());
    mark[4..8].copy_from_slice(&index.to_le_bytes());
    mark[8..12].copy_from_slice(&what.to_le_bytes());
    let mut file = file;
    file.write_all(&mark).expect("memory for a mark");
}
