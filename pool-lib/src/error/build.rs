//! Why a pool could not be built.
//!
//! Must not know how building is done.

use std::fmt;
use std::io;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{RemotePanic, WorkerExit, with_advice};

/// Why a pool could not be built.
#[non_exhaustive]
pub enum BuildError {
    /// A setting makes no sense; the text says which and what to do.
    Invalid(String),
    /// This process is itself a worker that was never taken over: the crate's feature
    /// `auto-init` is off and `pool_lib::init()` was not called first thing in `main`.
    ForgottenInit,
    /// The operating system refused something that a pool needs; the text says what.
    Os(&'static str, io::Error),
    /// The function given to `preload` or `initializer` cannot be named in another process.
    Function(String),
    /// The function given to `preload` or `initializer` panicked.
    Panicked(RemotePanic),
    /// Workers end before they are ready, again and again; this is how the last one ended.
    WorkersDie(WorkerExit),
    /// The fork server, which starts the workers, ends before it has started one, again and again.
    ForkServerDies {
        /// How the last one ended.
        exit: WorkerExit,
        /// Whether it had not come to the end of `preload`.
        in_preload: bool,
    },
}

/// Why a worker ended before it was ready.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum StartFailure {
    /// `preload` or the initializer panicked.
    Panicked(RemotePanic),
    /// The operating system refused to start it, or something that it needs.
    Os(String),
    /// It kept silent for this time, and was killed.
    Silent(Duration),
    /// The fork server ended before it told of it.
    ForkServerEnded { exit: WorkerExit, in_preload: bool },
    /// The fork server kept silent for this time, and was killed.
    ForkServerSilent(Duration),
    /// Nothing more is known than how.
    Ended(WorkerExit),
}

impl BuildError {
    pub(crate) fn os(what: &'static str) -> impl FnOnce(io::Error) -> Self {
        move |error| BuildError::Os(what, error)
    }
}

impl fmt::Display for BuildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            BuildError::Invalid(why) => f.write_str(why),
            BuildError::ForgottenInit => f.write_str(
                "this process was started as a worker and must not build a pool: \
                 call pool_lib::init() first thing in main, or enable the feature `auto-init`",
            ),
            BuildError::Os(what, error) => write!(f, "{what}: {}", with_advice(error)),
            BuildError::Function(why) => f.write_str(why),
            BuildError::Panicked(panic) => write!(f, "preload or initializer {panic}"),
            BuildError::WorkersDie(exit) => {
                write!(f, "workers end before they are ready: the last one {exit}; {}", look_at())
            }
            BuildError::ForkServerDies { exit, in_preload } => {
                f.write_str("no worker can be started: ")?;
                write_server_end(f, *exit, *in_preload)
            }
        }
    }
}

/// A sentence about one worker.
impl fmt::Display for StartFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            StartFailure::Panicked(panic) => write!(f, "preload or initializer {panic}"),
            StartFailure::Os(why) => f.write_str(why),
            StartFailure::Silent(time) => {
                write!(f, "it did not answer within {time:?}; {}", look_at())
            }
            StartFailure::ForkServerEnded { exit, in_preload } => {
                write_server_end(f, *exit, *in_preload)
            }
            StartFailure::ForkServerSilent(time) => write!(
                f,
                "the fork server did not answer within {time:?} and was killed; has somebody stopped it, \
                 or has the machine no time for it?"
            ),
            StartFailure::Ended(exit) => {
                write!(f, "it {exit} before it was ready; {}", look_at())
            }
        }
    }
}

impl From<StartFailure> for BuildError {
    fn from(failure: StartFailure) -> Self {
        match failure {
            StartFailure::Panicked(panic) => BuildError::Panicked(panic),
            StartFailure::Os(why) => {
                BuildError::Os("no worker can be started", io::Error::other(why))
            }
            StartFailure::Ended(exit) => BuildError::WorkersDie(exit),
            StartFailure::ForkServerEnded { exit, in_preload } => {
                BuildError::ForkServerDies { exit, in_preload }
            }
            silent @ (StartFailure::Silent(_) | StartFailure::ForkServerSilent(_)) => {
                BuildError::Os("no worker can be started", io::Error::other(silent.to_string()))
            }
        }
    }
}

/// How a fork server ended, how far it had come, and where to look.
fn write_server_end(f: &mut fmt::Formatter<'_>, exit: WorkerExit, in_preload: bool) -> fmt::Result {
    let when =
        if in_preload { "before the end of `preload`" } else { "when it was asked for a worker" };
    write!(f, "the fork server {exit} {when}; {}", look_at())
}

/// Where to look when a worker, or what starts it, ends without a word.
fn look_at() -> &'static str {
    if cfg!(feature = "auto-init") {
        "look at what the initializer and `preload` do, at the limits that were set, and at what workers and \
         their fork server print to their standard error"
    } else {
        "this program does not use the feature `auto-init`, so it must call pool_lib::init() first \
         thing in main; else look at what the initializer and `preload` do, and at the limits that were set"
    }
}

/// The same sentence as `Display`, because this is what a program prints whose `main` returns it.
impl fmt::Debug for BuildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for BuildError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            BuildError::Os(_, error) => Some(error),
            _ => None,
        }
    }
}
