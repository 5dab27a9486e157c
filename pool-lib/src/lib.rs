//! A process pool: hand a function and its inputs to worker processes, and get the results back
//! whatever the workers do.
//!
//! Must not hold anything but the list of modules, in reading order (each imports only from those
//! above it), and the public face.
//!
//! ```
//! use pool_lib::Pool;
//!
//! fn analyze(game: u32) -> String {
//!     format!("game {game}: analyzed")
//! }
//!
//! fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     let pool = Pool::new()?;
//!     for line in pool.map(analyze, 1..=10)? {
//!         println!("{line}");
//!     }
//!     Ok(())
//! }
//! ```

#![deny(unsafe_code)]

#[cfg(not(target_os = "linux"))]
compile_error!("pool-lib needs Linux: it watches its workers by pidfd and starts them from /proc");
#[cfg(not(target_pointer_width = "64"))]
compile_error!(
    "pool-lib needs a 64-bit machine: its workers' claims and positions are 64-bit words of shared memory"
);

mod ids;
mod error;
mod trace;
mod sys;
mod beside;
mod codec;
mod blob;
mod task;
mod wire;
mod transport;
#[cfg(test)]
mod fault;
mod worker;
mod launch;
mod bootstrap;
mod supervisor;
mod engine;
mod dispatcher;
mod handle;
mod pool;
#[cfg(any(test, fuzzing))]
mod probe;
#[cfg(test)]
#[path = "../tests/inside/mod.rs"]
mod inside;

pub use blob::{Blob, BlobMut, Shared};
pub use bootstrap::init;
pub use error::{BuildError, RemotePanic, Started, TaskError, TaskErrorKind, WorkerExit};
pub use handle::{Imap, ImapUnordered, MapHandle, TaskHandle};
pub use ids::{CallId, TaskId, WorkerId};
pub use launch::StartMethod;
pub use pool::{Call, Pool, PoolBuilder};
#[cfg(fuzzing)]
#[doc(hidden)]
pub use probe::probe;
pub use sys::Resource;
pub use task::StarFn;
pub use trace::{
    Ending, Event, EventKind, Lane, Life, OutputStream, Run, Stats, SvgLabels, Timeline, Trace,
};

/// The programs of the README, compiled and run with the doc tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
