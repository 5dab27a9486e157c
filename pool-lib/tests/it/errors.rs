//! Tasks without a result whose worker lives: panics, values that cannot travel, and what the error says.
//!
//! Must not test workers that end.

use std::env;
use std::panic::{panic_any, resume_unwind};
use std::process::{self, Command};

use pool_lib::{StartMethod, Started, TaskErrorKind};
use serde::de::{Deserialize, Deserializer, Error as _};
use serde::ser::{Error as _, Serialize, Serializer};

use crate::gate::{Gate, announce, visit};
use crate::{own_pid, pool, solitude};

fn panicking(how: u32) -> u32 {
    match how {
        0 => panic!("plain text"),
        1 => panic!("formatted {how}"),
        2 => panic_any(42_u32),
        3 => resume_unwind(Box::new("without the hook")),
        4 => panic_any(ExplodesWhenDropped),
        _ => process::id(),
    }
}

/// A payload that makes trouble once more.
struct ExplodesWhenDropped;

impl Drop for ExplodesWhenDropped {
    fn drop(&mut self) {
        panic!("again");
    }
}

#[test]
fn panic_without_backtrace_where_none_is_wanted() {
    let name = "errors::panic_without_backtrace_where_none_is_wanted";
    let call_off = |copy: &mut Command| {
        copy.env("RUST_BACKTRACE", "0").env_remove("RUST_LIB_BACKTRACE");
    };
    solitude::alone(name, call_off, || {
        for method in [StartMethod::ForkServer, StartMethod::Spawn] {
            let error = pool(method, 1).apply(panicking, 0).unwrap_err();
            let TaskErrorKind::Panicked(panic) = error.kind() else { panic!("{error}") };
            assert!(panic.location().unwrap().contains("tests/it/errors.rs:"), "{panic}");
            assert_eq!(panic.backtrace(), "");
        }
    });
}

both_ways! {
    fn panic_message_location_backtrace(method) {
        let said = env::var_os("RUST_LIB_BACKTRACE").or(env::var_os("RUST_BACKTRACE"));
        let unwanted = said.is_some_and(|said| said == "0");
        let pool = pool(method, 1);
        let caught = |how| {
            let error = pool.apply(panicking, how).unwrap_err();
            match error.kind() {
                TaskErrorKind::Panicked(panic) => panic.clone(),
                other => panic!("{other}"),
            }
        };
        for (how, message) in [(0, "plain text"), (1, "formatted 1"), (4, "no text"), (2, "no text")] {
            let panic = caught(how);
            assert!(panic.message().contains(message), "{panic}");
            assert!(panic.location().unwrap().contains("tests/it/errors.rs:"), "{panic}");
            // The place, not the name of the function, which an optimized build may cut or inline.
            assert_ne!(panic.backtrace().contains("tests/it/errors.rs"), unwanted, "{panic:#?}");
            assert_eq!(panic.backtrace().is_empty(), unwanted, "{panic:#?}");
        }
        let panic = caught(3);
        assert_eq!((panic.message(), panic.location()), ("without the hook", None));
        assert!(panic.backtrace().is_empty(), "that of another panic: {}", panic.backtrace());
    }
}

both_ways! {
    fn panic_keeps_the_worker(method) {
        let pool = pool(method, 1);
        let before = pool.worker_pids();
        for how in (0..5).cycle().take(20) {
            pool.apply(panicking, how).unwrap_err();
        }
        assert_eq!(pool.apply(panicking, 9).unwrap(), before[0]);
        assert_eq!(pool.worker_pids(), before);
        assert_eq!(pool.stats().workers_started, 1);
    }
}

both_ways! {
    fn error_names_index_and_pid(method) {
        let pool = pool(method, 1);
        let pids = pool.worker_pids();
        let error = pool.map(|n: u32| assert_ne!(n, 37), 0..100).unwrap_err();
        assert_eq!((error.index(), error.pid()), (37, Some(pids[0])));
        assert_eq!((error.attempts(), error.started()), (1, Started::Yes));
        assert!(error.causes().is_empty());
        let text = error.to_string();
        assert!(text.contains("37") && text.contains(&pids[0].to_string()), "{text}");
        let results: Vec<_> = pool.imap(|n: u32| assert_ne!(n % 10, 3), 0..100).collect();
        for (index, result) in results.iter().enumerate() {
            assert_eq!(result.as_ref().err().map(|error| error.index()), (index % 10 == 3).then_some(index));
        }
    }
}

/// Odd ones cannot be written; 100 and above panic instead.
struct Unwritable(u64);

impl Serialize for Unwritable {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        assert!(self.0 < 100, "writing {} goes too far", self.0);
        match self.0 % 2 {
            0 => (self.0, "padding").serialize(to),
            // Behind a part that has been written already.
            _ => ("half of it", Never).serialize(to),
        }
    }
}

struct Never;

impl Serialize for Never {
    fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
        Err(S::Error::custom("odd numbers stay at home"))
    }
}

impl<'de> Deserialize<'de> for Unwritable {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        <(u64, String)>::deserialize(from).map(|(number, _)| Self(number))
    }
}

both_ways! {
    /// A chunk that cannot become whole, because one of its tasks cannot be sent, is not waited for.
    fn an_unsendable_task_does_not_hold_up_its_chunk(method) {
        let pool = pool(method, 1);
        let call = pool.call().chunk_size(2).window(2);
        let results = call.imap(|n: Unwritable| n.0, [0, 1, 2, 4, 6, 3, 5, 8].map(Unwritable));
        let found: Vec<_> = results.map(|result| result.ok()).collect();
        assert_eq!(found, [Some(0), None, Some(2), Some(4), Some(6), None, None, Some(8)]);
    }
}

/// Odd ones cannot be read; 100 and above panic instead.
#[derive(Debug)]
struct Unreadable(u64);

impl Serialize for Unreadable {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(to)
    }
}

impl<'de> Deserialize<'de> for Unreadable {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let number = u64::deserialize(from)?;
        assert!(number < 100, "reading {number} goes too far");
        if number % 2 == 0 {
            Ok(Self(number))
        } else {
            Err(D::Error::custom("odd numbers get lost"))
        }
    }
}

/// Even indices have their results; odd ones fail in a way that `expected` knows.
fn assert_odd_ones_fail<R: std::fmt::Debug>(
    results: impl Iterator<Item = Result<R, pool_lib::TaskError>>,
    expected: impl Fn(&TaskErrorKind) -> bool,
) {
    let results: Vec<_> = results.collect();
    assert_eq!(results.len(), 40);
    for (index, result) in results.into_iter().enumerate() {
        match result {
            Ok(_) => assert_eq!(index % 2, 0),
            Err(error) => {
                assert_eq!((index % 2, error.index()), (1, index));
                assert!(expected(error.kind()), "{error}");
            }
        }
    }
}

both_ways! {
    fn encode_failure_fails_one_task(method) {
        let pool = pool(method, 2);
        let pids = pool.worker_pids();
        let because = |kind: &TaskErrorKind| {
            matches!(kind, TaskErrorKind::Encode(why) if why.contains("Unwritable"))
        };
        // Twenty times each: of an argument, and of a result.
        let arguments = pool.imap(|number: Unwritable| number.0, (0..40).map(Unwritable));
        assert_odd_ones_fail(arguments, because);
        let results = pool.imap(Unwritable, 0..40).map(|result| result.map(|number| number.0));
        assert_odd_ones_fail(results, because);
        let error = pool.map(|number: Unwritable| number.0, (0..40).map(Unwritable)).unwrap_err();
        assert_eq!((error.index(), error.started(), error.pid()), (1, Started::No, None));
        assert_eq!(pool.worker_pids(), pids);
    }
}

both_ways! {
    fn decode_failure_fails_one_task(method) {
        let pool = pool(method, 2);
        let pids = pool.worker_pids();
        let because = |kind: &TaskErrorKind| {
            matches!(kind, TaskErrorKind::Decode(why) if why.contains("Unreadable"))
        };
        assert_odd_ones_fail(pool.imap(|number: Unreadable| number.0, (0..40).map(Unreadable)), because);
        assert_odd_ones_fail(pool.imap(Unreadable, 0..40), because);
        assert_eq!(pool.map(Unreadable, 0..40).err().unwrap().index(), 1);
        assert_eq!(pool.worker_pids(), pids);
    }
}

both_ways! {
    /// What a `Serialize` or `Deserialize` panics with is its own task's, on whichever side it runs.
    fn a_panic_while_encoding_or_decoding_fails_one_task(method) {
        let pool = pool(method, 1);
        let pids = pool.worker_pids();
        let there = |kind: &TaskErrorKind| matches!(kind, TaskErrorKind::Panicked(_));
        let odd_too_far = |n: u64| n + (n % 2) * 99;
        let arguments = (0..40).map(move |n| Unreadable(odd_too_far(n)));
        assert_odd_ones_fail(pool.imap(|number: Unreadable| number.0, arguments), there);
        let results = pool.imap(|n: u64| Unwritable(n + (n % 2) * 99), 0..40);
        assert_odd_ones_fail(results.map(|result| result.map(|number| number.0)), there);
        let here = |kind: &TaskErrorKind| matches!(kind, TaskErrorKind::Decode(why) if why.contains("Unreadable panicked"));
        assert_odd_ones_fail(pool.imap(|n: u64| Unreadable(n + (n % 2) * 99), 0..40), here);
        let here = |kind: &TaskErrorKind| matches!(kind, TaskErrorKind::Encode(why) if why.contains("Unwritable panicked"));
        let arguments = (0..40).map(move |n| Unwritable(odd_too_far(n)));
        assert_odd_ones_fail(pool.imap(|number: Unwritable| number.0, arguments), here);
        assert_eq!(pool.worker_pids(), pids);
    }
}

both_ways! {
    fn lowest_index_error_wins(method) {
        let pool = pool(method, 2);
        let gate = Gate::new();
        // The error of the higher index comes first: the other one waits for it.
        let failing = |(gate, index): (String, u64)| {
            if index == 1 {
                visit(&gate, index);
            }
            if index > 0 {
                panic!("{index}");
            }
        };
        let handle = pool.call().chunk_size(2).map_async(failing, (0..4).map(|n| (gate.name(), n)));
        let visitor = gate.accept();
        while pool.stats().failed < 2 {
            std::thread::yield_now();
        }
        visitor.release();
        assert_eq!(handle.wait().unwrap_err().index(), 1);
    }
}

both_ways! {
    fn fail_fast_cancels_the_rest(method) {
        let pool = pool(method, 2);
        let gate = Gate::new();
        let task = |(gate, index): (String, u64)| -> () {
            if index == 1 {
                visit(&gate, index);
                panic!("the first failure");
            }
            let held = announce(&gate, index);
            loop {
                std::thread::park();
                let _ = &held;
            }
        };
        let items = (0..50).map(|index| (gate.name(), index));
        let handle = pool.call().fail_fast(true).chunk_size(1).map_async(task, items);
        let [running, failing] = gate.accept_all(2).try_into().ok().unwrap();
        failing.release();
        running.wait_until_gone();
        let error = handle.wait().unwrap_err();
        assert!(matches!(error.kind(), TaskErrorKind::Panicked(_)), "the cause was hidden: {error}");
        assert_eq!(error.index(), 1);
        assert!(gate.is_empty(), "a task started after the first failure");
        assert_eq!(pool.map(|n: u32| n + 1, 0..3).unwrap(), [1, 2, 3]);
        let stats = pool.stats();
        assert_eq!((stats.submitted, stats.returned, stats.failed), (53, 3, 50));
    }
}

both_ways! {
    fn returned_err_is_a_value(method) {
        let pool = pool(method, 2);
        let parse = |text: String| text.parse::<u8>().map_err(|error| error.to_string());
        let parsed = pool.map(parse, ["1", "x", "300"].map(str::to_owned)).unwrap();
        assert_eq!(parsed[0], Ok(1));
        assert!(parsed[1].is_err() && parsed[2].is_err());
        assert_eq!(pool.stats().returned, 3);
    }
}

both_ways! {
    /// A type that looks ahead can be written in the pool's format and not be read.
    fn a_format_that_must_look_ahead_is_an_error(method) {
        let pool = pool(method, 1);
        let value = serde_json::json!({"a": [1, null]});
        let error = pool.apply(|value: serde_json::Value| value, value).unwrap_err();
        assert!(matches!(error.kind(), TaskErrorKind::Decode(_)), "{error}");
        assert_eq!(pool.apply(own_pid, ()).unwrap(), pool.worker_pids()[0]);
    }
}
