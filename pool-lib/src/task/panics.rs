//! Describing a panic while its stack still stands.
//!
//! Must not know what is done with the description.

use std::any::Any;
use std::backtrace::Backtrace;
use std::cell::{Cell, RefCell};
use std::env;
use std::panic::{self, AssertUnwindSafe, PanicHookInfo, catch_unwind};
use std::sync::{Once, OnceLock};
use std::thread;

use crate::error::RemotePanic;

/// What only the panic hook can know.
pub(super) struct Captured {
    location: Option<String>,
    backtrace: String,
}

thread_local! {
    /// True while this thread runs a task.
    static WATCHED: Cell<bool> = const { Cell::new(false) };
    /// True when there is something in `CAPTURED`, which has to be asked for only then: that costs more than a short task.
    static PANICKED: Cell<bool> = const { Cell::new(false) };
    static CAPTURED: RefCell<Option<Captured>> = const { RefCell::new(None) };
}

/// Makes panics inside tasks silent and described; all others keep the hook they had.
///
/// Silent, because the description goes to whoever waits for the result: a thousand failing tasks
/// shall not print a thousand backtraces.
pub(crate) fn capture_panics() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        if thread::panicking() {
            // Forbidden to a thread that unwinds. Where no other is to be had, panics are told of as ever.
            let other = thread::Builder::new().spawn(put_in_hook);
            let _ = other.map(thread::JoinHandle::join);
        } else {
            put_in_hook();
        }
    });
}

fn put_in_hook() {
    let previous = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        if WATCHED.get() && !cfg!(panic = "abort") {
            capture(info);
        } else {
            // Not in a task, or nobody will be left to tell.
            previous(info);
        }
    }));
}

fn capture(info: &PanicHookInfo<'_>) {
    let captured = Captured {
        location: info.location().map(ToString::to_string),
        backtrace: if are_unwanted() {
            String::new()
        } else {
            Backtrace::force_capture().to_string()
        },
    };
    CAPTURED.replace(Some(captured));
    PANICKED.set(true);
}

/// Whether no backtraces are to be made, by the variables that std looks at. To std they are unwanted unless it is told
/// otherwise, and here it is the other way round: nobody can go back to a worker and ask again.
fn are_unwanted() -> bool {
    static UNWANTED: OnceLock<bool> = OnceLock::new();
    *UNWANTED.get_or_init(|| {
        let said = env::var_os("RUST_LIB_BACKTRACE").or_else(|| env::var_os("RUST_BACKTRACE"));
        said.is_some_and(|said| said == "0")
    })
}

/// Runs `body` as a task, and returns with its value what the hook captured meanwhile.
pub(super) fn watched<T>(body: impl FnOnce() -> T) -> (T, Option<Captured>) {
    // One that the last task caught itself is nobody's.
    take_captured();
    WATCHED.set(true);
    let value = body();
    WATCHED.set(false);
    (value, take_captured())
}

fn take_captured() -> Option<Captured> {
    if PANICKED.replace(false) { CAPTURED.take() } else { None }
}

/// Lets go of what a panic was caught with. That runs user code, which may panic again; that one has nothing to add.
pub(crate) fn drop_panic(payload: Box<dyn Any + Send>) {
    if let Err(another) = catch_unwind(AssertUnwindSafe(|| drop(payload))) {
        std::mem::forget(another);
    }
}

/// Puts a caught panic into words.
pub(super) fn describe(payload: Box<dyn Any + Send>, captured: Option<Captured>) -> RemotePanic {
    let message = if let Some(text) = payload.downcast_ref::<&'static str>() {
        (*text).to_owned()
    } else if let Some(text) = payload.downcast_ref::<String>() {
        text.clone()
    } else {
        "a panic whose payload is no text".to_owned()
    };
    drop_panic(payload);
    let (location, backtrace) = match captured {
        Some(captured) => (captured.location, captured.backtrace),
        None => (None, String::new()),
    };
    RemotePanic::new(message, location, backtrace)
}
