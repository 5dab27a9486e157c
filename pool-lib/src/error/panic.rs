//! A panic that happened in another process, carried home as text.
//!
//! Must not know how a panic is caught: that is the business of the code that runs tasks.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A panic in a worker: its message, its place and the worker's backtrace.
///
/// ```
/// use pool_lib::{Pool, TaskErrorKind};
///
/// fn divide(n: u32) -> u32 {
///     100 / n
/// }
///
/// let pool = Pool::builder().processes(1).build()?;
/// let error = pool.apply(divide, 0).unwrap_err();
/// let TaskErrorKind::Panicked(panic) = error.kind() else { panic!("{error}") };
/// assert_eq!(panic.message(), "attempt to divide by zero");
/// assert!(panic.location().is_some());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RemotePanic {
    message: String,
    location: Option<String>,
    backtrace: String,
}

impl RemotePanic {
    pub(crate) fn new(message: String, location: Option<String>, backtrace: String) -> Self {
        Self { message, location, backtrace }
    }

    /// The text given to `panic!`, or a note that the payload was no text.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// Where the panic happened, as `file:line:column`; `None` when it was raised without
    /// running the panic hook (`std::panic::resume_unwind`) or the task replaced the hook.
    pub fn location(&self) -> Option<&str> {
        self.location.as_deref()
    }

    /// The stack of the worker at the moment of the panic, one frame a line or two; empty when
    /// the panic hook did not run, and where `RUST_LIB_BACKTRACE` or else `RUST_BACKTRACE` is `0`.
    pub fn backtrace(&self) -> &str {
        &self.backtrace
    }
}

impl fmt::Display for RemotePanic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.location {
            Some(location) => write!(f, "panicked at {location}: {}", self.message),
            None => write!(f, "panicked: {}", self.message),
        }
    }
}

/// As `Display`; with `{:#?}` the worker's backtrace follows.
impl fmt::Debug for RemotePanic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)?;
        if f.alternate() { write!(f, "\n{}", self.backtrace) } else { Ok(()) }
    }
}
