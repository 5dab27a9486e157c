//! What `dispatcher::shared` says of a pool that is gone, which no scene asks for.
//!
//! Must not tell one error from another.

pub struct TaskErrorKind;
