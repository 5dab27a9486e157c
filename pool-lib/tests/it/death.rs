//! Workers that end in the middle of things: who is blamed, who is not, and what comes after.
//!
//! Must not test workers that talk nonsense; those are in `faults`.

use std::process;
use std::thread;

use nix::sys::signal::{Signal, kill, raise};
use nix::unistd::Pid;
use pool_lib::{Started, TaskErrorKind, WorkerExit};
use serde::de::{Deserialize, Deserializer};
use serde::ser::{Serialize, Serializer};

use crate::gate::{Gate, visit};
use crate::{own_pid, pool};

const KILLED: TaskErrorKind = TaskErrorKind::WorkerDied(WorkerExit::Signal(9));

/// Sends a signal to a process that is known to live.
pub(crate) fn send(signal: Signal, pid: u32) {
    kill(Pid::from_raw(pid as i32), signal).unwrap();
}

pub(crate) fn held((gate, index): (String, u64)) -> u64 {
    visit(&gate, index);
    index
}

pub(crate) fn held_at(gate: &Gate, count: u64) -> impl Iterator<Item = (String, u64)> {
    let name = gate.name();
    (0..count).map(move |index| (name.clone(), index))
}

both_ways! {
    fn sigkill_running_blames_one_task(method) {
        let pool = pool(method, 2);
        let gate = Gate::new();
        let mut results = pool.imap(held, held_at(&gate, 6));
        assert!(results.next_timeout(std::time::Duration::ZERO).is_none());
        let [first, second] = gate.accept_all(2).try_into().ok().unwrap();
        let (victim, index) = (second.pid, second.tag);
        send(Signal::SIGKILL, victim);
        second.wait_until_gone();
        first.release();
        (0..4).for_each(|_| gate.accept().release());
        for (expected, result) in results.enumerate() {
            match result {
                Ok(value) => assert_eq!(value, expected as u64),
                Err(error) => {
                    assert_eq!((error.index() as u64, error.pid()), (index, Some(victim)));
                    assert_eq!((error.kind(), error.started()), (&KILLED, Started::Yes));
                    assert_eq!(error.attempts(), 1);
                    assert!(error.to_string().contains("SIGKILL"), "{error}");
                }
            }
        }
        let stats = pool.stats();
        assert_eq!((stats.returned, stats.failed), (5, 1));
    }
}

both_ways! {
    fn sigkill_idle_blames_none(method) {
        let pool = pool(method, 2);
        for _ in 0..10 {
            for pid in pool.worker_pids() {
                // It may have ended meanwhile, but only by the signal of the round before.
                let _ = kill(Pid::from_raw(pid as i32), Signal::SIGKILL);
            }
            assert_eq!(pool.map(|n: u64| n + 1, 0..20).unwrap(), (1..=20).collect::<Vec<_>>());
        }
        assert_eq!(pool.stats().failed, 0);
    }
}

fn end(how: &str) {
    match how {
        "segv" => raise(Signal::SIGSEGV).unwrap(),
        "bus" => raise(Signal::SIGBUS).unwrap(),
        "term" => raise(Signal::SIGTERM).unwrap(),
        "abort" => process::abort(),
        "exit" => process::exit(0),
        "exit 42" => process::exit(42),
        other => assert_eq!(other, "live"),
    }
}

both_ways! {
    fn segv_abort_exit0_exit42_told_apart(method) {
        let pool = pool(method, 1);
        let ends = [
            ("segv", WorkerExit::Signal(11)),
            ("bus", WorkerExit::Signal(7)),
            ("term", WorkerExit::Signal(15)),
            ("abort", WorkerExit::Signal(6)),
            ("exit", WorkerExit::Code(0)),
            ("exit 42", WorkerExit::Code(42)),
        ];
        for (how, exit) in ends {
            let error = pool.apply(|how: String| end(&how), how.to_owned()).unwrap_err();
            assert_eq!(error.kind(), &TaskErrorKind::WorkerDied(exit), "{how}");
            pool.apply(|how: String| end(&how), "live".to_owned()).unwrap();
        }
        let stats = pool.stats();
        assert_eq!((stats.returned, stats.failed), (6, 6));
    }
}

fn descend(depth: u64) -> u64 {
    let here = std::hint::black_box([depth; 64]);
    if depth == u64::MAX { 0 } else { descend(depth + 1) + here[7] }
}

both_ways! {
    fn stack_overflow(method) {
        let pool = pool(method, 1);
        let error = pool.apply(descend, 0).unwrap_err();
        let expected = [Signal::SIGSEGV, Signal::SIGABRT].map(|signal| {
            TaskErrorKind::WorkerDied(WorkerExit::Signal(signal as i32))
        });
        assert!(expected.contains(error.kind()), "{error}");
        assert_ne!(pool.apply(own_pid, ()).unwrap(), error.pid().unwrap());
    }
}

both_ways! {
    /// Ctrl-C at a terminal goes to the workers as well; what becomes of them is the program's affair.
    fn sigint_and_sigpipe_leave_a_worker_alone(method) {
        let pool = pool(method, 1);
        let before = pool.worker_pids();
        pool.apply(|()| [Signal::SIGINT, Signal::SIGPIPE].map(|signal| raise(signal).unwrap()).len(), ()).unwrap();
        send(Signal::SIGINT, before[0]);
        assert_eq!(pool.apply(own_pid, ()).unwrap(), before[0]);
        // What a task starts has the usual manners again.
        let interrupted = pool.apply(|()| {
            use std::os::unix::process::ExitStatusExt;
            process::Command::new("sh").args(["-c", "kill -INT $$; kill -PIPE $$; sleep 9"]).status().unwrap().signal()
        }, ());
        assert_eq!(interrupted.unwrap(), Some(2));
    }
}

/// Ends the process that reads or writes it, if it is not that of the test.
struct Deadly {
    home: u32,
    when_read: bool,
    when_written: bool,
}

impl Deadly {
    fn strike(&self, now: bool) {
        if now && process::id() != self.home {
            process::exit(9);
        }
    }
}

impl Serialize for Deadly {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        self.strike(self.when_written);
        (self.home, self.when_read, self.when_written).serialize(to)
    }
}

impl<'de> Deserialize<'de> for Deadly {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let (home, when_read, when_written) = Deserialize::deserialize(from)?;
        let value = Self { home, when_read, when_written };
        value.strike(when_read);
        Ok(value)
    }
}

fn only_odd_die(when_read: bool) -> impl Iterator<Item = Deadly> {
    let home = process::id();
    (0..10).map(move |n| Deadly {
        home,
        when_read: when_read && n % 2 == 1,
        when_written: !when_read && n % 2 == 1,
    })
}

fn assert_odd_ones_died(results: impl Iterator<Item = Result<Deadly, pool_lib::TaskError>>) {
    let results: Vec<_> = results.collect();
    assert_eq!(results.len(), 10);
    for (index, result) in results.into_iter().enumerate() {
        let kind = result.err().map(|error| error.kind().clone());
        let died = TaskErrorKind::WorkerDied(WorkerExit::Code(9));
        assert_eq!(kind, (index % 2 == 1).then_some(died), "{index}");
    }
}

both_ways! {
    fn die_decoding_argument(method) {
        let pool = pool(method, 2);
        assert_odd_ones_died(pool.imap(|deadly: Deadly| deadly, only_odd_die(true)));
        assert_odd_ones_died(pool.call().chunk_size(5).imap(|deadly: Deadly| deadly, only_odd_die(true)));
    }
}

both_ways! {
    fn die_encoding_result(method) {
        let pool = pool(method, 2);
        assert_odd_ones_died(pool.imap(|deadly: Deadly| deadly, only_odd_die(false)));
    }
}

/// Eight megabytes, far more than a socket holds.
fn much() -> String {
    "0123456789abcdef".repeat(512 << 10)
}

mod die_during_big_transfer {
    use super::*;

    both_ways! {
        /// A large argument is on its way to a worker that ends before it reads it.
        fn there(method) {
            let pool = pool(method, 1);
            let call = pool.call().chunk_size(2);
            let weigh = |(gate, text): (Option<String>, String)| {
                if let Some(gate) = gate {
                    visit(&gate, 0);
                }
                text.len()
            };
            for _ in 0..5 {
                let gate = Gate::new();
                let items = [(Some(gate.name()), String::new()), (None, much())];
                let handle = call.map_async(weigh, items);
                let visitor = gate.accept();
                send(Signal::SIGKILL, visitor.pid);
                assert_eq!(handle.wait().unwrap_err().index(), 0);
            }
            assert_eq!(pool.apply(weigh, (None, much())).unwrap(), 8 << 20);
            assert_eq!(pool.stats().returned, 6);
        }
    }

    /// Returns much, and ends the process after so many spins, perhaps while that is on its way.
    fn much_and_the_end(spins: u64) -> String {
        let result = much();
        thread::spawn(move || {
            for _ in 0..spins {
                thread::yield_now();
            }
            process::exit(8);
        });
        result
    }

    both_ways! {
        /// A large result is on its way from a worker that ends before all of it is sent.
        fn back(method) {
            let pool = pool(method, 1);
            let whole = much();
            for spins in (0..5000).step_by(250) {
                match pool.apply(much_and_the_end, spins) {
                    Ok(result) => assert!(result == whole, "a result was cut"),
                    Err(error) => {
                        assert_eq!(error.kind(), &TaskErrorKind::WorkerDied(WorkerExit::Code(8)));
                    }
                }
            }
            assert!(pool.call().retries(3).apply(|n: u64| n, 5).unwrap() == 5);
        }
    }
}

both_ways! {
    fn rest_of_chunk_survives(method) {
        let pool = pool(method, 1);
        let gate = Gate::new();
        let end_in_the_middle = |(gate, index): (String, u64)| {
            if index == 4 {
                process::exit(1);
            }
            drop(crate::gate::announce(&gate, index));
            index
        };
        let call = pool.call().chunk_size(9);
        let results: Vec<_> = call.imap(end_in_the_middle, held_at(&gate, 9)).collect();
        for (index, result) in results.into_iter().enumerate() {
            assert_eq!(result.ok(), (index != 4).then_some(index as u64));
        }
        let ran: Vec<u64> = gate.accept_all(8).iter().map(|visitor| visitor.tag).collect();
        assert_eq!(ran, [0, 1, 2, 3, 5, 6, 7, 8]);
        assert!(gate.is_empty(), "a task of the chunk ran twice");
    }
}
