//! What a task is before it is sent anywhere: a function that another process can name, and encoded arguments.
//!
//! Must not know processes: everything here happens inside one.

mod batch;
mod verdict;
mod function;
mod panics;
mod run;
mod star;

pub(crate) use batch::{Batch, Payload};
pub(crate) use function::{Function, Nullary, Unary, Work};
pub(crate) use panics::{capture_panics, drop_panic};
pub(crate) use run::{Runnable, look_up, run};
pub use star::StarFn;
pub(crate) use star::Starred;
pub(crate) use verdict::Verdict;
