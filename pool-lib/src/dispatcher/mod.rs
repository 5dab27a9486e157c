//! Who runs what, and when: a pure state machine, and the thin loop that connects it to an engine and to callers.
//!
//! The machine ([`state`]) takes inputs and returns commands; it has no I/O, no threads and no clock, so that
//! the same scheduling runs over processes, in tests over simulated workers, and in a browser.
//!
//! Must not know how a worker is started, or what a task means.

mod call;
mod delivery;
mod driver;
mod hand;
mod input;
mod member;
mod order;
mod roster;
mod shared;
mod state;
mod turns;
mod wakers;

#[cfg(test)]
mod simulation;

pub(crate) use delivery::{Consumer, Delivery, channel};
#[cfg(test)]
pub(crate) use driver::tests::restless;
pub(crate) use driver::{Door, Driver, Opening};
pub(crate) use input::{CallSpec, Limits};
pub(crate) use order::{Order, Orders};
pub(crate) use shared::Dispatcher;
