//! What the exercises stand on: the matches to analyze, and a judge that looks at processes.
//!
//! An exercise's `test.rs` describes scenes and the checks over them. Each scene is played in a
//! process of its own (the subject); the judge watches it from outside: it hears each analysis from
//! the process that does it, by a socket on which the kernel itself names the caller, and reads the
//! rest in `/proc`. It believes nothing that an answer says about itself.
//!
//! Modules stand in reading order: each imports only from those above it. None of them knows the
//! pool.

pub mod readme;
pub mod verdict;
mod analysis;
mod message;
mod witness;
pub mod season;
mod family;
mod release;
pub mod evidence;
pub mod checks;
pub mod scene;
mod subject;
mod aftermath;
mod hearing;
mod effort;
mod props;
mod judge;
pub mod exercise;
