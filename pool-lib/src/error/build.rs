//! Why a pool could not be built.
//!
//! Must not know how building is done.

use std::fmt;
use std::io;

use serde::{Deserialize, Serialize};

use super::{RemotePanic, WorkerExit};

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
}

/// Why a worker ended before it was ready, where more is known than its exit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum StartFailure {
    /// `preload` or the initializer panicked.
    Panicked(RemotePanic),
    /// The operating system refused to start it, or something that it needs.
    Os(String),
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
            BuildError::Os(what, error) => write!(f, "{what}: {error}"),
            BuildError::Function(why) => f.write_str(why),
            BuildError::Panicked(panic) => write!(f, "preload or initializer {panic}"),
            BuildError::WorkersDie(exit) => write!(
                f,
                "workers end before they are ready (the last one {exit}); if this program does \
                 not use the feature `auto-init`, it must call pool_lib::init() first thing in main"
            ),
        }
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
